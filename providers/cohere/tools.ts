/**
 * Tools, and which of them the model may or must call.
 * Sources: https://docs.cohere.com/docs/tool-use-overview, …/docs/tool-use-parameter-types, …/docs/structured-outputs
 */
import type { Call, JsonObject } from '../../src/core/spec.js';
import { isObject } from '../shared/messages.js';
import { noMark } from './parts.js';
import { unknownKeyword } from './schema.js';

/** Puts the call's tools into the body: `tools`, and OpenAI's older `functions`. */
export function placeTools(call: Call<'chat'>, body: JsonObject): void {
  const { tools, functions } = call.params;
  const placed: JsonObject[] = [];
  const strict: string[] = [];
  tools?.forEach((tool: unknown, at) => {
    if (!isObject(tool)) return;
    const path = `tools[${at}]`;
    noMark(tool, path, call);
    const definition = tool['function'];
    if (isObject(tool['custom'])) call.unsupported(path, 'tools with free-text input: tools take JSON here');
    else if (!isObject(definition)) placed.push({ ...tool });
    else {
      noMark(definition, `${path}.function`, call);
      placed.push(readFunction(definition));
      if (definition['strict'] === true) strict.push(`${path}.function.strict`);
    }
  });
  functions?.forEach((definition) => placed.push(readFunction(definition as unknown as JsonObject)));
  if (placed.length > 0) body['tools'] = placed;
  if (strict.length > 0) placeStrict(strict, placed, call, body);
}

function readFunction({ name, description, parameters }: JsonObject): JsonObject {
  const schema = isObject(parameters) ? parameters : {};
  return {
    type: 'function',
    function: {
      name,
      ...(typeof description === 'string' && description !== '' && { description }),
      parameters: schema['type'] === 'object' ? schema : { properties: {}, ...schema, type: 'object' },
    },
  };
}

/** Strictness is of all tools or none, and not of every schema. */
function placeStrict(
  asked: readonly string[],
  tools: readonly JsonObject[],
  call: Call<'chat'>,
  body: JsonObject,
): void {
  const why = asked.length < tools.length ? 'not all of the tools are strict' : tools.map(obstacle).find(Boolean);
  if (why === undefined) body['strict_tools'] ??= true;
  else for (const param of asked) call.warn({ type: 'drop', param, message: `strict is not sent: ${why}` });
}

/** Why a tool cannot be strict: https://docs.cohere.com/docs/structured-outputs#structured-outputs-tools */
function obstacle(tool: JsonObject): string | undefined {
  const { name, parameters } = tool['function'] as { name: unknown; parameters: JsonObject };
  const required = parameters['required'];
  if (!Array.isArray(required) || required.length === 0) return `${String(name)} has no required parameter`;
  const found = unknownKeyword(parameters);
  return found && `the schema of ${String(name)} has ${found}`;
}

const words: Readonly<Record<string, string>> = {
  auto: 'AUTO',
  none: 'NONE',
  NONE: 'NONE',
  required: 'REQUIRED',
  any: 'REQUIRED',
  REQUIRED: 'REQUIRED',
};

/** Puts `tool_choice` into the body, whose tools are settled. */
export function placeToolChoice(call: Call<'chat'>, body: JsonObject): void {
  const { tool_choice, function_call } = call.params;
  const param = tool_choice === undefined && function_call ? 'function_call' : 'tool_choice';
  const choice = readChoice(tool_choice ?? function_call, param, call, body);
  if (choice === undefined || choice === 'AUTO') return;
  if (body['tools'] !== undefined) body['tool_choice'] = choice;
  else if (choice === 'REQUIRED') call.unsupported(param, 'there is no tool to choose');
}

function readChoice(given: unknown, param: string, call: Call<'chat'>, body: JsonObject): string | undefined {
  if (typeof given === 'string') {
    if (words[given] === undefined) call.unsupported(param, 'is auto, none, required or a tool');
    return words[given];
  }
  if (!isObject(given)) return undefined;
  const allowed = given['allowed_tools'];
  if (isObject(allowed)) {
    const list = Array.isArray(allowed['tools']) ? allowed['tools'].filter(isObject) : [];
    keepTools(list.map(nameOf), param, call, body);
    return allowed['mode'] === 'required' ? 'REQUIRED' : 'AUTO';
  }
  keepTools([nameOf(given)], param, call, body);
  return 'REQUIRED';
}

function nameOf(choice: JsonObject): unknown {
  const named = isObject(choice['function'])
    ? choice['function']
    : isObject(choice['custom'])
      ? choice['custom']
      : choice;
  return named['name'];
}

/** Cohere has no choice among the tools: only the chosen ones are sent. */
function keepTools(names: readonly unknown[], param: string, call: Call<'chat'>, body: JsonObject): void {
  const tools = body['tools'];
  if (!Array.isArray(tools)) return;
  const kept = tools.filter(
    (tool: JsonObject) => isObject(tool['function']) && names.includes(tool['function']['name']),
  );
  if (kept.length > 0) body['tools'] = kept;
  else delete body['tools'];
  call.warn({ type: 'rewrite', param, message: 'Cohere cannot choose among tools: only the chosen ones are sent' });
}
