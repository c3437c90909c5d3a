import type { Conversation, Tool } from './conversation.js';
import { isObject, objects, text, type Json } from './json.js';
import { invalid, missing, wrongValue } from './openai-refusals.js';
import { Refusal } from './vendor.js';

/** Checks `tools` and `tool_choice` and reads them. */
export function readTools(body: Json): { tools: Tool[]; choice: Conversation['choice'] } {
  if (body['tools'] == null) {
    if (body['tool_choice'] == null || body['tool_choice'] === 'none') return { tools: [], choice: { mode: 'none' } };
    throw invalid(
      "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.",
      'tool_choice',
      null,
    );
  }
  const given = objects(body['tools']);
  if (given.length === 0) {
    throw invalid("Invalid 'tools': empty array. Expected an array with minimum length 1.", 'tools', 'empty_array');
  }
  const tools = given.map(readTool);
  return { tools, choice: readChoice(body['tool_choice'] ?? 'auto', tools) };
}

function readTool(tool: Json, i: number): Tool {
  const at = `tools[${i}]`;
  if (tool['type'] !== 'function') throw wrongValue(`${at}.type`, tool['type'], ['function']);
  const own = isObject(tool['function']) ? tool['function'] : {};
  const name = text(own['name']);
  if (name === '') throw missing(`${at}.function.name`);
  if (!/^[a-zA-Z0-9_-]{1,64}$/u.test(name)) {
    const rule = "Expected a string of at most 64 characters that matches the pattern '^[a-zA-Z0-9_-]+$'.";
    throw invalid(`Invalid '${at}.function.name'. ${rule}`, `${at}.function.name`, 'invalid_value');
  }
  const schema = own['parameters'] ?? { type: 'object', properties: {} };
  const problem = rootProblem(schema) ?? (own['strict'] === true ? strictProblem(schema, []) : undefined);
  if (problem) {
    throw invalid(
      `Invalid schema for function '${name}': ${problem}`,
      `${at}.function.parameters`,
      'invalid_function_parameters',
    );
  }
  return { name, description: text(own['description']), schema };
}

function readChoice(choice: unknown, tools: readonly Tool[]): Conversation['choice'] {
  if (choice === 'auto' || choice === 'none' || choice === 'required') return { mode: choice };
  if (!isObject(choice)) throw wrongValue('tool_choice', choice, ['none', 'auto', 'required']);
  const allowed = isObject(choice['allowed_tools']) ? choice['allowed_tools'] : undefined;
  const named = allowed ? objects(allowed['tools']) : [choice];
  const names = named.map((one) => (isObject(one['function']) ? text(one['function']['name']) : ''));
  const unknown = names.find((name) => !tools.some((tool) => tool.name === name));
  if (unknown !== undefined) {
    throw new Refusal(400, `Tool choice '${unknown}' not found in 'tools' parameter.`, { param: 'tool_choice' });
  }
  return { mode: allowed?.['mode'] === 'auto' ? 'auto' : 'required', names };
}

/** Checks a `response_format.json_schema`; returns its schema. */
export function checkFormatSchema(format: unknown): unknown {
  const at = 'response_format.json_schema';
  const { name, schema, strict }: Json = isObject(format) ? format : {};
  if (typeof name !== 'string') throw missing(`${at}.name`);
  if (!isObject(schema)) throw missing(`${at}.schema`);
  const problem = rootProblem(schema) ?? (strict === true ? strictProblem(schema, []) : undefined);
  if (problem) throw invalid(`Invalid schema for response_format '${name}': ${problem}`, 'response_format', null);
  return schema;
}

function rootProblem(schema: unknown): string | undefined {
  const type = isObject(schema) ? schema['type'] : undefined;
  const isRef = isObject(schema) && typeof schema['$ref'] === 'string';
  if (type === 'object' || isRef) return undefined;
  return `schema must be a JSON Schema of 'type: "object"', got 'type: "${typeof type === 'string' ? type : 'None'}"'.`;
}

/** What strict mode does not know: https://platform.openai.com/docs/guides/structured-outputs#supported-schemas */
const NOT_STRICT = ['allOf', 'oneOf', 'not', 'if', 'dependentRequired', 'dependentSchemas', 'patternProperties'];

/** The first thing in a schema that strict mode refuses. */
function strictProblem(schema: unknown, path: readonly string[]): string | undefined {
  if (!isObject(schema)) return undefined;
  const context = `In context=(${path.map((step) => `'${step}'`).join(', ')})`;
  const foreign = NOT_STRICT.find((keyword) => keyword in schema);
  if (foreign) return `${context}, '${foreign}' is not permitted.`;
  if (schema['type'] === 'object' || isObject(schema['properties'])) {
    if (schema['additionalProperties'] !== false) {
      return `${context}, 'additionalProperties' is required to be supplied and to be false.`;
    }
    const required = schema['required'];
    const keys = isObject(schema['properties']) ? Object.keys(schema['properties']) : [];
    const missing = keys.find((key) => !Array.isArray(required) || !required.includes(key));
    if (missing !== undefined) {
      return `${context}, 'required' is required to be supplied and to be an array including every key in properties. Missing '${missing}'.`;
    }
  }
  for (const [key, value] of Object.entries(schema)) {
    const problem = childProblem(key, value, path);
    if (problem) return problem;
  }
  return undefined;
}

function childProblem(key: string, value: unknown, path: readonly string[]): string | undefined {
  const inside: [string[], unknown][] = [];
  if (['properties', '$defs', 'definitions'].includes(key) && isObject(value)) {
    for (const [name, child] of Object.entries(value)) inside.push([[key, name], child]);
  } else if (key === 'anyOf') objects(value).forEach((child, i) => inside.push([[key, String(i)], child]));
  else if (key === 'items') inside.push([[key], value]);
  for (const [steps, child] of inside) {
    const problem = strictProblem(child, [...path, ...steps]);
    if (problem) return problem;
  }
  return undefined;
}
