/** Chat completions: https://platform.openai.com/docs/api-reference/chat */
import type { Call, JsonObject, MediaPart, ParamMapper, Transformer } from '../../src/core/spec.js';
import { readCompletion } from './completion.js';
import { headersOf } from './headers.js';
import { cleanMessages, type MessageRules } from './messages.js';
import { modelName } from './model-name.js';
import { chatParams, specByModel } from './params.js';
import type { ModelRule, Quirks } from './quirks.js';
import { OpenAIDecoder } from './stream.js';
import { thinkingMappers } from './thinking.js';
import { cleanFunctions, cleanTools } from './tools.js';

const path = '/chat/completions';

function messageRules(quirks: Quirks, rule: ModelRule | undefined): MessageRules {
  return {
    roles: { developer: 'system', ...quirks.roles, ...rule?.roles },
    cache_control: rule?.cache_control ?? (quirks.cache_control === true ? 'keep' : 'drop'),
    content_as_string: quirks.content_as_string === true,
    message_name: quirks.message_name,
    drop_empty: quirks.empty_turns === 'drop',
    content_required: quirks.content_required === true,
    refusal: quirks.refusal === true,
    file_as: quirks.file_as,
    file_urls: quirks.file_urls,
    tool_media: quirks.tool_media === true,
    reasoning_back: rule?.reasoning_back === 'none' ? undefined : quirks.reasoning_back,
    reasoning_required: rule?.reasoning_back === 'required',
    send_back: rule?.send_back ?? quirks.send_back ?? [],
    seals: quirks.seals,
    call_ids: quirks.call_ids,
    signed_ids: quirks.signed_ids === true,
    after_tools: quirks.after_tools,
  };
}

const isEmpty = (list: unknown): boolean => list === undefined || (Array.isArray(list) && list.length === 0);

/** Without tools the API refuses a choice among them, and a list without entries. */
function withoutTools(body: JsonObject, call: Call<'chat'>): void {
  const drop = (param: string, message: string): void => {
    delete body[param];
    call.warn({ type: 'drop', param, message });
  };
  if (body['tools'] !== undefined) drop('tools', 'a list without tools');
  if (body['tool_choice'] === 'auto' || body['tool_choice'] === 'none') drop('tool_choice', 'there are no tools');
}

/** Servers take the data of files, of whose addresses only images' and other media's. */
const mustInline = ({ kind, url }: MediaPart): boolean => kind === 'file' && /^https?:$/.test(url.protocol);

/** The chat transformer of a vendor that speaks OpenAI's protocol with these quirks. */
export function chatTransformer(quirks: Quirks): Transformer<'chat'> {
  const rules = messageRules(quirks, undefined);
  const byModel = (quirks.models ?? []).map((rule) => ({ rule, rules: messageRules(quirks, rule) }));
  const maxStop = quirks.max_stop;
  const own: Record<string, ParamMapper> = {
    tools: (value: unknown, body: JsonObject, call: Call<never>) => {
      body['tools'] = Array.isArray(value) ? cleanTools(value, quirks, call) : value;
    },
    functions: (value: unknown, body: JsonObject, call: Call<never>) => {
      body['functions'] = Array.isArray(value) ? cleanFunctions(value, quirks, call) : value;
    },
  };
  if (maxStop !== undefined) {
    own['stop'] = (value: unknown, body: JsonObject, call: Call<never>) => {
      if (!Array.isArray(value) || value.length <= maxStop) body['stop'] = value;
      else call.unsupported('stop', `at most ${maxStop} stop sequences`);
    };
  }

  const hottest = quirks.max_temperature;
  if (hottest !== undefined) {
    own['temperature'] = (value: unknown, body: JsonObject, call: Call<never>) => {
      const hot = typeof value === 'number' && value > hottest;
      body['temperature'] = hot ? hottest : value;
      const message = `temperature ${String(value)} is sent as ${hottest}, the highest here`;
      if (hot) call.warn({ type: 'rewrite', param: 'temperature', message });
    };
  }

  if (quirks.thinking_as) own['thinking'] = thinkingMappers[quirks.thinking_as];
  const params = quirks.thinking_as ? [...chatParams, 'thinking'] : chatParams;

  return {
    params: specByModel(params, quirks, own),
    request(call, mapped) {
      const model = byModel.find(({ rule }) => rule.match.test(call.model));
      const messages = cleanMessages(call.params.messages, model?.rules ?? rules, (warning) => call.warn(warning));
      const body: JsonObject = { model: modelName(call.model, quirks.model_name), messages, ...quirks.body, ...mapped };
      const search = model?.rule.web_search_tool;
      if (search !== undefined && call.params.web_search_options)
        body['tools'] = [...((body['tools'] as unknown[] | undefined) ?? []), { type: search }];
      if (isEmpty(body['tools']) && isEmpty(body['functions'])) withoutTools(body, call);
      if (call.stream) {
        body['stream'] = true;
        if (quirks.usage_in_stream !== false)
          body['stream_options'] = { ...call.params.stream_options, include_usage: true };
      }
      const headers = headersOf(call, quirks);
      return { method: 'POST', path: quirks.path?.chat ?? path, body, ...(headers ? { headers } : {}) };
    },
    response: (body, call) => readCompletion(body, call.model, quirks.reasoning_apart === true),
    stream: {
      framing: 'sse',
      decoder: (call) => new OpenAIDecoder(call.model, quirks.reasoning_apart === true),
    },
    ...(quirks.file_as || quirks.file_urls ? {} : { inline: mustInline }),
    ...(quirks.dialect ? { dialect: () => quirks.dialect ?? 'json_schema' } : {}),
  };
}
