/** Chat over Converse: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html */
import type { Call, HttpRequest, JsonObject, MediaPart, Transformer } from '../../src/core/spec.js';
import { betasOf } from '../anthropic/betas.js';
import { isObject } from '../shared/messages.js';
import { contextOf, type Context } from './context.js';
import { readMessages } from './messages.js';
import { baseName, converseModel } from './models.js';
import { answersByTool, placeOutput } from './output.js';
import { converseFields, converseParams } from './params.js';
import { placeReasoning, thinkingOf } from './reasoning.js';
import { readAnswer } from './response.js';
import { ConverseDecoder } from './stream.js';
import { readTools } from './tools.js';
import { thinkingPath } from './usage.js';

/** The id in a path: colons and slashes are escaped. `model_id` goes there in place of the model that names the family. */
export const modelPath = (call: Call): string => {
  const own = (call.params as JsonObject)['model_id'];
  return `/model/${encodeURIComponent(typeof own === 'string' && own !== '' ? own : call.model)}`;
};

/** Bedrock fetches nothing but from S3. */
export const mustInline = ({ url }: MediaPart): boolean => url.protocol === 'https:' || url.protocol === 'http:';

/** Fields by which Converse samples and bounds an answer, by OpenAI's names. */
const inferenceFields = [
  ['max_tokens', 'maxTokens'],
  ['temperature', 'temperature'],
  ['top_p', 'topP'],
  ['stop_sequences', 'stopSequences'],
] as const;

/** The parts of a request to a model that takes Converse's messages. */
export interface Parts {
  body: JsonObject;
  inference: JsonObject;
  /** The model's own fields. */
  fields: JsonObject;
}

/** Makes the parts of a request, for Converse and for models whose own bodies look alike. */
export function requestParts(context: Context, mapped: JsonObject): Parts {
  const { call } = context;
  const own: JsonObject = {};
  const fields: JsonObject = { ...mapped };
  for (const name of converseFields) {
    if (fields[name] !== undefined) own[name] = fields[name];
    delete fields[name];
  }
  const { system, messages } = readMessages(context);
  placeReasoning(context, fields, messages);
  const thinking = thinkingOf(fields);
  const tools = readTools(context, messages, thinking === 'budget');
  const body: JsonObject = { messages, ...(system.length > 0 && { system }), ...own };
  if (tools.config !== undefined) body['toolConfig'] = tools.config;
  if (tools.native.length > 0) fields['tools'] = tools.native;
  placeOutput(context, body, tools, thinking !== undefined);

  const inference: JsonObject = { ...(isObject(own['inferenceConfig']) && own['inferenceConfig']) };
  for (const [name, wire] of inferenceFields) {
    if (fields[name] !== undefined) inference[wire] = fields[name];
    delete fields[name];
  }
  if (context.claude) {
    const betas = betasOf(call).filter((beta) => !beta.startsWith('files-api'));
    if (betas.length > 0) fields['anthropic_beta'] = betas;
  }
  return { body, inference, fields };
}

function request(call: Call<'chat'>, mapped: JsonObject): HttpRequest {
  const context = contextOf(call);
  const { body, inference, fields } = requestParts(context, mapped);
  body['inferenceConfig'] = inference;
  // Nova takes it beside the other sampling parameters, of which Converse does not know it.
  if (context.name.includes('amazon.nova') && fields['top_k'] !== undefined) {
    fields['inferenceConfig'] = { topK: fields['top_k'] };
    delete fields['top_k'];
  }
  const given = body['additionalModelRequestFields'];
  const extra = { ...fields, ...(isObject(given) && given) };
  if (Object.keys(extra).length > 0) body['additionalModelRequestFields'] = extra;
  if (context.claude && fields['thinking'] !== undefined) {
    const paths = body['additionalModelResponseFieldPaths'];
    body['additionalModelResponseFieldPaths'] = [...(Array.isArray(paths) ? (paths as unknown[]) : []), thinkingPath];
  }
  return { method: 'POST', path: `${modelPath(call)}/converse${call.stream ? '-stream' : ''}`, body };
}

const byTool = (call: Call<'chat'>): boolean => answersByTool(call, converseModel(baseName(call.model, call.options)));

export const converse: Transformer<'chat'> = {
  params: converseParams,
  request,
  response: (body, call, meta) => readAnswer(body, call.model, byTool(call), meta),
  stream: {
    framing: 'aws',
    decoder: (call, meta) => new ConverseDecoder(call.model, byTool(call), meta),
  },
  inline: mustInline,
  dialect: (model) => (converseModel(model).structured ? 'anthropic' : 'json_schema'),
};
