/** Chat over Anthropic's Messages API: https://platform.claude.com/docs/en/api/messages */
import type { Call, HttpRequest, JsonObject, MediaPart, Transformer } from '../../src/core/spec.js';
import { contentParts, isTextMime, mimeOfName } from '../shared/messages.js';
import { plainNames, withToolNames } from '../shared/tool-names.js';
import { betasOf } from './betas.js';
import { JSON_TOOL } from './blocks.js';
import { readMessages } from './messages.js';
import { modelOf, type Model } from './models.js';
import { answersByTool, placeOutput } from './output.js';
import { chatParams } from './params.js';
import { readAnswer } from './response.js';
import { AnthropicDecoder } from './stream.js';
import { checkSampling, placeThinking } from './thinking.js';
import { placeToolChoice, placeTools } from './tools.js';

/** What differs where another platform serves the protocol. */
export interface MessagesOptions {
  /** `/v1/messages` by default. */
  path?(call: Call<'chat'>): string;
  /** Makes the request of the finished body and the betas; by default the body as it is, version and betas in headers. */
  request?(body: JsonObject, betas: string[], call: Call<'chat'>): HttpRequest;
  /** What a model takes on this platform. */
  model?(name: string): Model;
  /** Media that must be downloaded first; by default what is not an https address of an image or a PDF. */
  inline?(part: MediaPart): boolean;
}

const version = '2023-06-01';

/** "String should match pattern '^[a-zA-Z0-9_-]{1,128}$'" is what the API says of other names. */
const toolNames = plainNames(128, [JSON_TOOL, 'web_search']);

/** The API takes https addresses of images and PDFs. */
export function mustInline({ kind, url, mime }: MediaPart): boolean {
  if (kind !== 'image' && kind !== 'file') return false;
  if (url.protocol === 'http:') return true;
  const type = mime ?? mimeOfName(url.pathname);
  return url.protocol === 'https:' && kind === 'file' && type !== undefined && isTextMime(type);
}

/** The body of a request, without `stream` and all that bounds or samples the answer. */
function conversation(call: Call<'chat'>, model: Model, mapped: JsonObject): JsonObject {
  const { system, messages } = readMessages(call, model.mid_system);
  const before = contentParts(mapped['system']);
  const { system: _, ...rest } = mapped;
  const all = [...before, ...system];
  const body: JsonObject = { model: call.model, messages, ...(all.length > 0 && { system: all }), ...rest };
  placeTools(call, model, body);
  return body;
}

export function chatTransformer(options: MessagesOptions = {}): Transformer<'chat'> {
  const rowOf = options.model ?? modelOf;
  const path = (call: Call<'chat'>): string => options.path?.(call) ?? '/v1/messages';
  const transformer: Transformer<'chat'> = {
    params: chatParams,
    request(call, mapped) {
      const model = rowOf(call.model);
      const body = conversation(call, model, mapped);
      if (body['max_tokens'] === undefined) {
        body['max_tokens'] = model.max_tokens;
        const message = `Anthropic requires max_tokens; ${model.max_tokens} is sent, the most that the model allows`;
        call.warn({ type: 'default', param: 'max_tokens', message });
      }
      placeThinking(call, model, body);
      placeToolChoice(call, model, body);
      placeOutput(call, model, body);
      checkSampling(call, model, body);
      if (call.stream) body['stream'] = true;
      const betas = betasOf(call);
      return options.request?.(body, betas, call) ?? plainRequest(path(call), body, betas, call);
    },
    response: (body, call) => readAnswer(body, call.model, answersByTool(call, rowOf(call.model))),
    stream: {
      framing: 'sse',
      decoder: (call) => new AnthropicDecoder(call.model, answersByTool(call, rowOf(call.model))),
    },
    inline: options.inline ?? mustInline,
    dialect: (model) => (rowOf(model).structured ? 'anthropic' : 'json_schema'),
  };
  return withToolNames(transformer, toolNames);
}

function plainRequest(path: string, body: JsonObject, betas: string[], call: Call<'chat'>): HttpRequest {
  const headers: Record<string, string> = { 'anthropic-version': call.options.api_version ?? version };
  if (betas.length > 0) headers['anthropic-beta'] = betas.join(',');
  return { method: 'POST', path, headers, body };
}
