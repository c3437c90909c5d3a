/**
 * Tools, and which of them the model may or must call. Tools of Anthropic's own (web search, code execution, bash,
 * text editor, memory, computer, MCP toolsets …) are passed on as they are.
 * Sources: https://platform.claude.com/docs/en/agents-and-tools/tool-use/define-tools, …/strict-tool-use, …/web-search-tool
 */
import type { Call, JsonObject } from '../../src/core/spec.js';
import { isObject } from '../shared/messages.js';
import { objectRoot } from '../shared/object-root.js';
import type { Model } from './models.js';
import { insisted } from './params.js';
import { cacheMark } from './parts.js';

/** Anthropic's own options of a tool, which may stand on an OpenAI-shaped one. */
const own = ['defer_loading', 'allowed_callers', 'input_examples', 'eager_input_streaming'] as const;

/** Puts the call's tools into the body: `tools`, OpenAI's older `functions`, and web search. */
export function placeTools(call: Call<'chat'>, model: Model, body: JsonObject): void {
  const { tools, functions, web_search_options: search } = call.params;
  const placed: JsonObject[] = [];
  tools?.forEach((tool: unknown, at) => {
    const made = isObject(tool) ? readTool(tool, `tools[${at}]`, model, call) : undefined;
    if (made !== undefined) placed.push(made);
  });
  functions?.forEach((definition, at) => {
    placed.push(readFunction({ function: definition }, `functions[${at}]`, model, call));
  });
  const searches = placed.some(({ type }) => typeof type === 'string' && type.startsWith('web_search_'));
  if (search && !searches) placed.push(webSearch(search as JsonObject, call));
  if (placed.length > 0) body['tools'] = placed;
}

function readTool(tool: JsonObject, path: string, model: Model, call: Call<'chat'>): JsonObject | undefined {
  const definition = tool['function'];
  if (isObject(tool['custom'])) {
    call.unsupported(path, 'tools with free-text input: tools take JSON here');
    return undefined;
  }
  if (!isObject(definition)) return { ...tool };
  if (tool['type'] === 'function' || tool['type'] === undefined) return readFunction(tool, path, model, call);
  // One of Anthropic's tools in OpenAI's wrapping: its options stand among the parameters.
  const options = isObject(definition['parameters']) ? definition['parameters'] : {};
  return { type: tool['type'], name: definition['name'], ...options, ...cacheMark(tool) };
}

function readFunction(tool: JsonObject, path: string, model: Model, call: Call<'chat'>): JsonObject {
  const definition = tool['function'] as JsonObject;
  const { name, description, parameters, strict } = definition;
  const input_schema = inputSchema(parameters, `${path}.function.parameters`, call);
  const made: JsonObject = { name, input_schema, type: 'custom' };
  if (typeof description === 'string' && description !== '') made['description'] = description;
  if (strict === true) makeStrict(made, path, model, call);
  for (const option of own) {
    const value = tool[option] ?? definition[option];
    if (value !== undefined && value !== null) made[option] = value;
  }
  return { ...made, ...(cacheMark(tool) ?? cacheMark(definition)) };
}

/** Strict tools take the dialect of structured output, where that can be written without changing what arguments look like. */
function makeStrict(made: JsonObject, path: string, model: Model, call: Call<'chat'>): void {
  const param = `${path}.function.strict`;
  if (!model.structured) return call.warn({ type: 'drop', param, message: `${call.model} has no strict tools` });
  const { schema, changes, inverts } = call.compile(made['input_schema'] as JsonObject, 'anthropic');
  if (inverts) {
    const message =
      'a strict tool cannot have this schema (maps, open values or tuples); the tool is sent without strict';
    return call.warn({ type: 'drop', param, message });
  }
  made['strict'] = true;
  made['input_schema'] = schema;
  for (const { path: at, what } of changes)
    call.warn({ type: 'schema', param: `${path}.function.parameters`, message: `${at}: ${what}` });
}

/** A tool's input is an object always: the schema says so, and has no alternatives at its root, which the API refuses. */
export function inputSchema(parameters: unknown, param: string, call: Call<'chat'>): JsonObject {
  if (!isObject(parameters)) return { type: 'object', properties: {} };
  const { schema, change } = objectRoot(parameters);
  if (change !== undefined) call.warn({ type: 'schema', param, message: change });
  return schema['type'] === 'object' ? schema : { ...schema, type: 'object' };
}

/** Searches that one answer may make, for OpenAI's sizes. */
const uses: Readonly<Record<string, number>> = { low: 1, medium: 5, high: 10 };

function webSearch(options: JsonObject, call: Call<'chat'>): JsonObject {
  const tool: JsonObject = { type: 'web_search_20250305', name: 'web_search' };
  const size = options['search_context_size'];
  const max = typeof size === 'string' ? uses[size] : undefined;
  if (typeof size === 'string' && max !== undefined) {
    tool['max_uses'] = max;
    const message = `search_context_size ${size} is sent as max_uses ${max}`;
    call.warn({ type: 'rewrite', param: 'web_search_options.search_context_size', message });
  }
  const location = options['user_location'];
  if (isObject(location)) {
    const place = isObject(location['approximate']) ? location['approximate'] : location;
    tool['user_location'] = { ...place, type: 'approximate' };
  }
  return tool;
}

/** Puts `tool_choice` into the body. `thinking` is in the body already: a budget forbids forcing a tool. */
export function placeToolChoice(call: Call<'chat'>, model: Model, body: JsonObject): void {
  const { tool_choice, function_call, parallel_tool_calls } = call.params;
  const param = tool_choice === undefined && function_call ? 'function_call' : 'tool_choice';
  let choice = readChoice(tool_choice ?? function_call, body, call);
  if (body['tools'] === undefined) {
    if (choice !== undefined && isForced(choice)) call.unsupported(param, 'there is no tool to choose');
    return;
  }
  const thinking = body['thinking'];
  if (choice !== undefined && isForced(choice)) {
    const budget = isObject(thinking) && thinking['type'] === 'enabled';
    if ((!model.forced_tools || budget) && !insisted(param, call)) {
      call.unsupported(
        param,
        budget ? 'no tool can be forced while the model thinks' : `${call.model} lets no tool be forced`,
      );
      choice = undefined;
    }
  }
  if (parallel_tool_calls === false && choice?.['type'] !== 'none')
    choice = { ...(choice ?? { type: 'auto' }), disable_parallel_tool_use: true };
  if (choice !== undefined) body['tool_choice'] = choice;
}

export const isForced = (choice: JsonObject): boolean => choice['type'] === 'any' || choice['type'] === 'tool';

const words: Readonly<Record<string, string>> = { auto: 'auto', none: 'none', required: 'any', any: 'any' };

function readChoice(given: unknown, body: JsonObject, call: Call<'chat'>): JsonObject | undefined {
  if (typeof given === 'string') {
    const type = words[given];
    if (type === undefined) call.unsupported('tool_choice', 'is auto, none, required or a tool');
    return type === undefined ? undefined : { type };
  }
  if (!isObject(given)) return undefined;
  const named = isObject(given['function']) ? given['function'] : given['custom'];
  if (isObject(named)) return { type: 'tool', name: named['name'] };
  const allowed = given['allowed_tools'];
  if (isObject(allowed)) return allowedTools(allowed, body, call);
  return given['type'] === undefined && given['name'] !== undefined
    ? { type: 'tool', name: given['name'] }
    : { ...given };
}

/** OpenAI's choice among some of the tools: only those are sent. */
function allowedTools(allowed: JsonObject, body: JsonObject, call: Call<'chat'>): JsonObject {
  const list = Array.isArray(allowed['tools']) ? (allowed['tools'] as unknown[]).filter(isObject) : [];
  const names = new Set(list.map((tool) => (isObject(tool['function']) ? tool['function']['name'] : tool['name'])));
  const tools = body['tools'];
  if (Array.isArray(tools)) body['tools'] = tools.filter((tool: JsonObject) => names.has(tool['name']));
  call.warn({ type: 'rewrite', param: 'tool_choice', message: 'only the allowed tools are sent' });
  return { type: allowed['mode'] === 'required' ? 'any' : 'auto' };
}
