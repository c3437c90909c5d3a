/**
 * Answers in JSON. Models with structured output take the schema in `outputConfig`; older ones answer by calling a
 * tool whose input is the answer, which then stands in the message's content.
 * Source: https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html
 */
import type { Call, JsonObject } from '../../src/core/spec.js';
import { askedSchema } from '../anthropic/output.js';
import { isObject } from '../shared/messages.js';
import { JSON_TOOL } from './blocks.js';
import type { Context } from './context.js';
import type { ConverseModel } from './models.js';
import { inputSchema, type Tools } from './tools.js';

/** Whether the model answers this call through the JSON tool. */
export const answersByTool = (call: Call<'chat'>, model: ConverseModel): boolean =>
  !model.structured && model.tools && askedSchema(call) !== undefined;

/** Puts the answer's format into the body, whose tools are settled. `thinks`: no tool can be forced. */
export function placeOutput(context: Context, body: JsonObject, tools: Tools, thinks: boolean): void {
  const { call, model } = context;
  const format: unknown = call.params.response_format;
  const type = isObject(format) ? format['type'] : undefined;
  if (type === undefined || type === 'text') return;
  const held = askedSchema(call);
  if (held === undefined) {
    const message = 'Bedrock has no JSON mode without a schema: ask for JSON in the prompt, or give a json_schema';
    call.warn({ type: 'drop', param: 'response_format', message });
    return;
  }
  const { name, description, schema } = held;
  const told = {
    ...(typeof name === 'string' && name !== '' && { name }),
    ...(typeof description === 'string' && description !== '' && { description }),
  };
  if (!model.structured) return addTool(context, body, tools, schema, description, thinks);
  const structure = { jsonSchema: { schema: JSON.stringify(schema), ...told } };
  const config = isObject(body['outputConfig']) ? body['outputConfig'] : {};
  body['outputConfig'] = { ...config, textFormat: { type: 'json_schema', structure } };
}

function addTool(
  context: Context,
  body: JsonObject,
  tools: Tools,
  schema: JsonObject,
  description: unknown,
  thinks: boolean,
): void {
  const { call, model } = context;
  if (!model.tools) {
    call.unsupported('response_format', `${call.model} has neither structured output nor tools: ask for JSON in words`);
    return;
  }
  if (schema['type'] !== undefined && schema['type'] !== 'object') {
    call.unsupported('response_format', `${call.model} answers by a tool, whose schema must be of type object`);
    return;
  }
  const spec = {
    name: JSON_TOOL,
    ...(typeof description === 'string' && description !== '' && { description }),
    inputSchema: inputSchema(schema, 'response_format', context),
  };
  const others = tools.config?.tools ?? [];
  const config: JsonObject = { ...tools.config, tools: [...others, { toolSpec: spec }] };
  body['toolConfig'] = config;
  const message = `${call.model} has no structured output: the answer is asked for as the input of a tool`;
  call.warn({ type: 'rewrite', param: 'response_format', message });
  const choice = tools.config?.toolChoice;
  if (choice !== undefined && !('auto' in choice)) return;
  if (thinks || model.choice === 'auto') {
    const why = thinks ? 'while the model thinks' : `with ${call.model}`;
    const left = `${why} the tool cannot be forced: the answer may come as plain text`;
    call.warn({ type: 'rewrite', param: 'response_format', message: left });
    return;
  }
  // With tools of the caller the model may call one of them instead of answering.
  config['toolChoice'] = others.length > 0 || model.choice === 'any' ? { any: {} } : { tool: { name: JSON_TOOL } };
}
