/**
 * Answers in JSON. Models with structured output take the schema as `output_config.format`; older ones answer by
 * calling a tool whose input is the answer, which then stands in the message's content.
 * Source: https://platform.claude.com/docs/en/build-with-claude/structured-outputs
 */
import type { Call, JsonObject } from '../../src/core/spec.js';
import { isObject } from '../shared/messages.js';
import { JSON_TOOL } from './blocks.js';
import type { Model } from './models.js';
import { inputSchema, isForced } from './tools.js';

/** The schema that the call asks its answer to follow, and what stands beside it; also in LiteLLM's older form. */
export function askedSchema(call: Call<'chat'>): (JsonObject & { schema: JsonObject }) | undefined {
  const format: unknown = call.params.response_format;
  if (!isObject(format)) return undefined;
  const { type, json_schema: named, response_schema: bare } = format;
  if (type === 'json_object' && isObject(bare)) return { schema: bare };
  if (type !== 'json_schema' || !isObject(named) || !isObject(named['schema'])) return undefined;
  return { ...named, schema: named['schema'] };
}

/** Whether the model answers this call through the JSON tool. */
export const answersByTool = (call: Call<'chat'>, model: Model): boolean =>
  !model.structured && askedSchema(call) !== undefined;

/** Puts the answer's format into the body, whose tools, tool choice and thinking are settled. */
export function placeOutput(call: Call<'chat'>, model: Model, body: JsonObject): void {
  const format: unknown = call.params.response_format;
  const type = isObject(format) ? format['type'] : undefined;
  if (type === undefined || type === 'text') return;
  const asked = askedSchema(call);
  if (asked === undefined) {
    const message = 'Anthropic has no JSON mode without a schema: ask for JSON in the prompt, or give a json_schema';
    call.warn({ type: 'drop', param: 'response_format', message });
    return;
  }
  if (model.structured) {
    const config = isObject(body['output_config']) ? body['output_config'] : {};
    body['output_config'] = { ...config, format: { type: 'json_schema', schema: asked.schema } };
    return;
  }
  addTool(call, model, body, asked);
}

function addTool(
  call: Call<'chat'>,
  model: Model,
  body: JsonObject,
  { schema, description }: { schema: JsonObject; description?: unknown },
): void {
  if (schema['type'] !== undefined && schema['type'] !== 'object') {
    call.unsupported('response_format', `${call.model} answers by a tool, whose schema must be of type object`);
    return;
  }
  const input_schema = inputSchema(schema, 'response_format', call);
  const tool: JsonObject = { name: JSON_TOOL, input_schema, type: 'custom' };
  if (typeof description === 'string' && description !== '') tool['description'] = description;
  const others = Array.isArray(body['tools']) ? (body['tools'] as unknown[]) : [];
  const choice = body['tool_choice'];
  body['tools'] = [...others, tool];
  const message = `${call.model} has no structured output: the answer is asked for as the input of a tool`;
  call.warn({ type: 'rewrite', param: 'response_format', message });

  if (isObject(choice) && isForced(choice)) return;
  const thinking = body['thinking'];
  const thinks = isObject(thinking) && thinking['type'] !== 'disabled';
  if (thinks || !model.forced_tools) {
    const why = thinks ? 'while the model thinks' : `with ${call.model}`;
    const left = `${why} the tool cannot be forced: the answer may come as plain text`;
    call.warn({ type: 'rewrite', param: 'response_format', message: left });
    if (isObject(choice) && choice['type'] === 'none') delete body['tool_choice'];
    return;
  }
  // With tools of the caller the model may call one of them instead of answering.
  const free = others.length > 0 && !(isObject(choice) && choice['type'] === 'none');
  const parallel = isObject(choice) ? choice['disable_parallel_tool_use'] : undefined;
  body['tool_choice'] = {
    ...(free ? { type: 'any' } : { type: 'tool', name: JSON_TOOL }),
    ...(parallel === true && { disable_parallel_tool_use: true }),
  };
}
