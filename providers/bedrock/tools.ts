/**
 * Tools, and which of them the model may or must call. Tools of the provider's own (`systemTool`, or Claude's computer,
 * shell and editor) are passed on.
 * Sources: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolConfiguration.html,
 * https://docs.aws.amazon.com/bedrock/latest/userguide/computer-use.html
 */
import type { JsonObject } from '../../src/core/spec.js';
import { asText, isObject } from '../shared/messages.js';
import { objectRoot } from '../shared/object-root.js';
import type { Block } from './blocks.js';
import { cachePoint } from './cache.js';
import type { Context } from './context.js';
import { inlineRefs } from './inline-refs.js';
import type { Turn } from './messages.js';
import { awsTool } from './own-tools.js';

export interface Tools {
  /** `toolConfig` of the request; undefined without tools. */
  config: { tools: Block[]; toolChoice?: JsonObject } | undefined;
  /** Claude's own tools, which go beside Converse's fields. */
  native: JsonObject[];
}

/** `budget`: the model thinks within a budget, so that no tool can be forced. */
export function readTools(context: Context, turns: readonly Turn[], budget: boolean): Tools {
  const { call, model } = context;
  const { tools, functions, web_search_options: search } = call.params;
  const placed: Block[] = [];
  const native: JsonObject[] = [];
  if (!model.tools) {
    for (const param of ['tools', 'functions', 'web_search_options'] as const)
      if (call.params[param]) call.unsupported(param, `${call.model} calls no tools`);
    return { config: undefined, native };
  }
  tools?.forEach((tool: unknown, at) => {
    if (isObject(tool)) readTool(tool, `tools[${at}]`, context, placed, native);
  });
  functions?.forEach((definition, at) => {
    placed.push(...readFunction({ function: definition }, `functions[${at}]`, context));
  });
  if (search) webSearch(search as JsonObject, context, placed);

  const used = calledTools(turns);
  const choice = readChoice(context, placed, used.length > 0, budget);
  if (choice === 'none') return { config: undefined, native };
  if (placed.length === 0 && used.length > 0) {
    // The API refuses calls and results without the tools that they are of.
    for (const name of used) placed.push({ toolSpec: { name, inputSchema: emptySchema } });
    const message = 'the conversation calls tools, so Bedrock wants them declared: those called are, by name';
    call.warn({ type: 'repair', param: 'tools', message });
  }
  if (placed.length === 0) return { config: undefined, native };
  return { config: { tools: placed, ...(choice && { toolChoice: choice }) }, native };
}

const emptySchema = { json: { type: 'object', properties: {} } };

function readTool(tool: JsonObject, path: string, context: Context, placed: Block[], native: JsonObject[]): void {
  if ('toolSpec' in tool || 'systemTool' in tool || 'cachePoint' in tool) placed.push({ ...tool });
  else if (isObject(tool['custom'])) context.call.unsupported(path, 'tools with free-text input: tools take JSON here');
  else if (isObject(tool['function']) && (tool['type'] === 'function' || tool['type'] === undefined))
    placed.push(...readFunction(tool, path, context));
  else if (context.claude) native.push(awsTool(unwrapped(tool)));
  else if (tool['type'] === 'system_tool') placed.push({ systemTool: { name: tool['name'] } });
  else context.call.unsupported(path, `tools of type ${asText(tool['type'])}`);
}

/** One of Claude's tools; in OpenAI's wrapping its options stand among the parameters. */
function unwrapped(tool: JsonObject): JsonObject {
  const definition = tool['function'];
  if (!isObject(definition)) return { ...tool };
  const options = isObject(definition['parameters']) ? definition['parameters'] : {};
  return { type: tool['type'], name: definition['name'], ...options };
}

function readFunction(tool: JsonObject, path: string, context: Context): Block[] {
  const { name, description, parameters, strict } = tool['function'] as JsonObject;
  const spec: JsonObject = {
    name,
    ...(typeof description === 'string' && description !== '' && { description }),
    inputSchema: inputSchema(parameters, `${path}.function.parameters`, context),
  };
  if (strict === true) makeStrict(spec, path, context);
  return [{ toolSpec: spec }, ...cachePoint(tool, 'tool', path, context)];
}

/** A tool's input is an object always: the schema says so, and has no alternatives at its root. */
export function inputSchema(parameters: unknown, param: string, { call, model }: Context): { json: JsonObject } {
  if (!isObject(parameters)) return emptySchema;
  const { schema: root, change } = objectRoot(parameters);
  if (change !== undefined) call.warn({ type: 'schema', param, message: change });
  const schema = model.refs ? root : inlineRefs(root);
  if (schema !== root)
    call.warn({
      type: 'schema',
      param,
      message: `${call.model} takes no $schema, $defs or $ref: what these point at stands in their place`,
    });
  return { json: schema['type'] === 'object' ? schema : { ...schema, type: 'object' } };
}

/** Strict tools take the dialect of structured output, where that can be written without changing what arguments look like. */
function makeStrict(spec: JsonObject, path: string, { call, model }: Context): void {
  const param = `${path}.function.strict`;
  if (!model.structured) return call.warn({ type: 'drop', param, message: `${call.model} has no strict tools` });
  const { json } = spec['inputSchema'] as { json: JsonObject };
  const { schema, changes, inverts } = call.compile(json, 'anthropic');
  if (inverts) {
    const message =
      'a strict tool cannot have this schema (maps, open values or tuples); the tool is sent without strict';
    return call.warn({ type: 'drop', param, message });
  }
  spec['strict'] = true;
  spec['inputSchema'] = { json: schema };
  for (const { path: at, what } of changes)
    call.warn({ type: 'schema', param: `${path}.function.parameters`, message: `${at}: ${what}` });
}

/** Nova searches by a tool of its own, which takes no options. */
function webSearch(options: JsonObject, { call, name }: Context, placed: Block[]): void {
  if (!name.includes('amazon.nova')) {
    call.unsupported('web_search_options', `${call.model} has no search of its own`);
    return;
  }
  if (!placed.some(({ systemTool: own }) => isObject(own) && own['name'] === 'nova_grounding'))
    placed.push({ systemTool: { name: 'nova_grounding' } });
  for (const field of Object.keys(options))
    call.warn({
      type: 'drop',
      param: `web_search_options.${field}`,
      message: 'the search takes no options; it is not sent',
    });
}

/** Names of the tools that the conversation calls. */
function calledTools(turns: readonly Turn[]): string[] {
  const names = new Set<string>();
  for (const { content } of turns)
    for (const { toolUse: use, toolResult: result } of content) {
      if (isObject(use)) names.add(asText(use['name']));
      else if (isObject(result) && names.size === 0) names.add('tool');
    }
  return [...names];
}

const words: Readonly<Record<string, 'auto' | 'any' | 'none'>> = {
  auto: 'auto',
  none: 'none',
  required: 'any',
  any: 'any',
};

/** `toolChoice`; `none` when no tool shall be sent. `used`: the conversation has calls, whose tools must be declared. */
function readChoice(
  context: Context,
  placed: Block[],
  used: boolean,
  budget: boolean,
): JsonObject | 'none' | undefined {
  const { call } = context;
  const { tool_choice, function_call, parallel_tool_calls } = call.params;
  const param = tool_choice === undefined && function_call ? 'function_call' : 'tool_choice';
  const given: unknown = tool_choice ?? function_call;
  if (parallel_tool_calls === false && placed.length > 0 && !context.model.one_call)
    call.warn({
      type: 'drop',
      param: 'parallel_tool_calls',
      message: `${call.model} has no such switch; it is not sent`,
    });

  const word = typeof given === 'string' ? words[given] : undefined;
  if (typeof given === 'string' && word === undefined) call.unsupported(param, 'is auto, none, required or a tool');
  if (word === 'none') {
    if (!used) {
      if (placed.length > 0)
        call.warn({ type: 'rewrite', param, message: 'Bedrock has no tool choice none; the tools are not sent' });
      return 'none';
    }
    call.unsupported(param, 'none: the conversation has calls, so that Bedrock wants the tools');
    return undefined;
  }
  const name = isObject(given) ? chosenName(given) : undefined;
  if (word === undefined && name === undefined)
    return isObject(given) ? allowedTools(given, placed, context, param, budget) : undefined;
  if (placed.length === 0) {
    if (word !== 'auto') call.unsupported(param, 'there is no tool to choose');
    return undefined;
  }
  if (word === 'auto') return { auto: {} };
  return forced(name, placed, param, context, budget);
}

function chosenName(given: JsonObject): string | undefined {
  const named = isObject(given['function']) ? given['function'] : given['custom'];
  const name = isObject(named) ? named['name'] : given['name'];
  return typeof name === 'string' ? name : undefined;
}

/** A choice that forces a tool, the named one or any. */
function forced(
  name: string | undefined,
  placed: Block[],
  param: string,
  { call, model }: Context,
  budget: boolean,
): JsonObject | undefined {
  if ((budget || model.choice === 'auto') && call.options.allowed_openai_params?.includes(param) !== true) {
    call.unsupported(
      param,
      budget ? 'no tool can be forced while the model thinks' : `${call.model} lets no tool be forced`,
    );
    return undefined;
  }
  if (name === undefined) return { any: {} };
  if (model.choice !== 'any') return { tool: { name } };
  const kept = placed.filter(({ toolSpec: spec }) => isObject(spec) && spec['name'] === name);
  placed.splice(0, placed.length, ...kept);
  call.warn({
    type: 'rewrite',
    param,
    message: `${call.model} takes no named tool; only ${name} is sent, and must be called`,
  });
  return { any: {} };
}

/** OpenAI's choice among some of the tools: only those are sent. Converse's own form is passed on. */
function allowedTools(
  given: JsonObject,
  placed: Block[],
  context: Context,
  param: string,
  budget: boolean,
): JsonObject | undefined {
  const allowed = given['allowed_tools'];
  if (!isObject(allowed)) return { ...given };
  const list = Array.isArray(allowed['tools']) ? (allowed['tools'] as unknown[]).filter(isObject) : [];
  const names = new Set(list.map((tool) => (isObject(tool['function']) ? tool['function']['name'] : tool['name'])));
  const kept = placed.filter(({ toolSpec: spec }) => !isObject(spec) || names.has(spec['name']));
  placed.splice(0, placed.length, ...kept);
  context.call.warn({ type: 'rewrite', param, message: 'only the allowed tools are sent' });
  return allowed['mode'] === 'required' ? forced(undefined, placed, param, context, budget) : { auto: {} };
}
