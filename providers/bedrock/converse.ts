/** Chat over Converse: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html */
import type { Call, HttpRequest, JsonObject, MediaPart, Transformer } from '../../src/core/spec.js';
import { isObject } from '../shared/messages.js';
import { plainNames, withToolNames } from '../shared/tool-names.js';
import { JSON_TOOL } from './blocks.js';
import { contextOf, type Context } from './context.js';
import { readMessages } from './messages.js';
import { baseName, converseModel } from './models.js';
import { answersByTool, placeOutput } from './output.js';
import { converseFields, converseParamsOf } from './params.js';
import { awsBetas } from './own-tools.js';
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
  checkHeat(context, fields);
  if (tools.native.length > 0) fields['tools'] = tools.native;
  placeOutput(context, body, tools, thinking !== undefined);

  const inference: JsonObject = { ...(isObject(own['inferenceConfig']) && own['inferenceConfig']) };
  for (const [name, wire] of inferenceFields) {
    if (fields[name] !== undefined) inference[wire] = fields[name];
    delete fields[name];
  }
  if (context.claude) {
    const betas = awsBetas(call);
    if (betas.length > 0) fields['anthropic_beta'] = betas;
  }
  return { body, inference, fields };
}

/** Converse's own limit, beyond which OpenAI's models alone may be asked; Claude's is checked with its other rules. */
function checkHeat({ call, name }: Context, fields: JsonObject): void {
  const { temperature } = fields;
  if (typeof temperature !== 'number' || temperature <= 1 || /openai\.(?!gpt-oss)/.test(name)) return;
  if (call.options.allowed_openai_params?.includes('temperature') === true) return;
  fields['temperature'] = 1;
  const message = `temperature ${temperature} is sent as 1, the highest that ${call.model} takes`;
  call.warn({ type: 'rewrite', param: 'temperature', message });
}

/** Claude takes one call at a time where its own `tool_choice` says so, which stands in for Converse's. */
function forbidParallel({ call, model }: Context, body: JsonObject, fields: JsonObject): void {
  const { toolConfig: config } = body;
  if (!model.one_call || call.params.parallel_tool_calls !== false || !isObject(config)) return;
  const { toolChoice: choice, ...rest } = config;
  const { tool, any } = isObject(choice) ? choice : {};
  const own = isObject(tool) ? { type: 'tool', name: tool['name'] } : { type: any === undefined ? 'auto' : 'any' };
  body['toolConfig'] = rest;
  fields['tool_choice'] = { ...own, disable_parallel_tool_use: true };
}

/** Some models call tools, and stream, but not both at once. */
function comesWhole({ call, model }: Context, body: JsonObject): boolean {
  if (!call.stream || model.stream_tools || body['toolConfig'] === undefined) return false;
  const message = `${call.model} does not stream with tools: the answer is asked for whole, and streamed at once`;
  call.warn({ type: 'rewrite', param: 'stream', message });
  return true;
}

function request(call: Call<'chat'>, mapped: JsonObject): HttpRequest {
  const context = contextOf(call);
  const { body, inference, fields } = requestParts(context, mapped);
  body['inferenceConfig'] = inference;
  forbidParallel(context, body, fields);
  // Nova takes it beside the other sampling parameters, of which Converse does not know it.
  if (context.name.includes('amazon.nova') && fields['top_k'] !== undefined) {
    fields['inferenceConfig'] = { topK: fields['top_k'] };
    delete fields['top_k'];
  }
  const given = body['additionalModelRequestFields'];
  const extra = { ...fields, ...(isObject(given) && given) };
  if (Object.keys(extra).length > 0) body['additionalModelRequestFields'] = extra;
  if (context.claude && thinkingOf(fields) !== undefined) {
    const paths = body['additionalModelResponseFieldPaths'];
    body['additionalModelResponseFieldPaths'] = [...(Array.isArray(paths) ? (paths as unknown[]) : []), thinkingPath];
  }
  const operation = call.stream && !comesWhole(context, body) ? 'converse-stream' : 'converse';
  return { method: 'POST', path: `${modelPath(call)}/${operation}`, body };
}

const byTool = (call: Call<'chat'>): boolean => answersByTool(call, converseModel(baseName(call.model, call.options)));

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolSpecification.html */
export const toolNames = plainNames(64, [JSON_TOOL]);

const plain: Transformer<'chat'> = {
  params: converseParamsOf,
  request,
  response: (body, call, meta) => readAnswer(body, call.model, byTool(call), meta),
  stream: {
    framing: 'aws',
    decoder: (call, meta) => new ConverseDecoder(call.model, byTool(call), meta),
  },
  inline: mustInline,
  dialect: (model) => (converseModel(model).structured ? 'anthropic' : 'json_schema'),
};

export const converse = withToolNames(plain, toolNames);
