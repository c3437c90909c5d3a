/** Chat over v2: https://docs.cohere.com/reference/chat */
import type { Call, HttpRequest, JsonObject, Transformer } from '../../src/core/spec.js';
import { asksFunctions } from '../shared/function-call.js';
import { isObject } from '../shared/messages.js';
import { identifiers, withToolNames } from '../shared/tool-names.js';
import { readMessages } from './messages.js';
import { modelName, thinks } from './models.js';
import { chatParams, insisted } from './params.js';
import type { Document } from './parts.js';
import { readAnswer } from './response.js';
import { withoutBounds } from './schema.js';
import { CohereDecoder } from './stream.js';
import { placeThinking } from './thinking.js';
import { placeToolChoice, placeTools } from './tools.js';

const plain: Transformer<'chat'> = {
  params: chatParams,
  request(call, mapped): HttpRequest {
    const { messages, documents } = readMessages(call);
    const body: JsonObject = { model: modelName(call), messages, ...mapped };
    placeDocuments(documents, call, body);
    placeTools(call, body);
    placeToolChoice(call, body);
    placeFormat(call, body);
    placeThinking(call, thinks(call.model), body);
    if (!call.stream) return { method: 'POST', path: '/v2/chat', body };
    body['stream'] = true;
    return { method: 'POST', path: '/v2/chat', headers: { accept: 'text/event-stream' }, body };
  },
  response: (body, call) => readAnswer(body, call.model, asksFunctions(call.params)),
  stream: { framing: 'sse', decoder: (call) => new CohereDecoder(call.model, asksFunctions(call.params)) },
};

/** The rule of https://docs.cohere.com/v1/reference/chat#request.body.tools; of the second version none is documented. */
export const chat = withToolNames(plain, identifiers);

/** Documents given as a parameter, then the files of the messages. Fields that stand bare, as v1 had them, go under `data`. */
function placeDocuments(files: readonly Document[], call: Call<'chat'>, body: JsonObject): void {
  const given = call.params['documents'];
  const documents = (Array.isArray(given) ? (given as unknown[]) : []).map((document, at) => {
    if (!isObject(document) || 'data' in document) return document;
    const { id, ...data } = document;
    const message = 'the fields of a document are sent under data';
    call.warn({ type: 'rewrite', param: `documents[${at}]`, message });
    return { ...(id !== undefined && { id }), data };
  });
  documents.push(...files);
  if (documents.length > 0) body['documents'] = documents;
}

/** JSON output: https://docs.cohere.com/docs/structured-outputs */
function placeFormat(call: Call<'chat'>, body: JsonObject): void {
  const format: unknown = call.params.response_format;
  if (!isObject(format) || format['type'] === 'text') return;
  const beside = body['documents'] !== undefined ? 'documents' : body['tools'] !== undefined ? 'tools' : undefined;
  if (beside !== undefined && !insisted('response_format', call))
    return call.unsupported('response_format', `Cohere does not take it beside ${beside}`);
  const held = format['json_schema'];
  if (format['type'] !== 'json_schema') body['response_format'] = format;
  else if (!isObject(held) || !isObject(held['schema'])) body['response_format'] = { type: 'json_object' };
  else {
    const { schema, lost } = withoutBounds(held['schema']);
    body['response_format'] = { type: 'json_object', json_schema: schema };
    const message = `Cohere's schemas do not take ${lost.join(', ')}, which is left out`;
    if (lost.length > 0) call.warn({ type: 'drop', param: 'response_format', message });
  }
}
