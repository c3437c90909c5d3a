import type { Conversation, Tool } from './conversation.js';
import { isObject, objects, text, type Json } from './json.js';
import { Refusal } from './vendor.js';
import { listNames } from './words.js';

const refuse = (message: string): Refusal => new Refusal(400, message);

/** Checks `tools` and `tool_choice` and reads them. Tools that the vendor itself runs have no schema and are not called. */
export function readAnthropicTools(body: Json): { tools: Tool[]; choice: Conversation['choice']; parallel: boolean } {
  const all = objects(body['tools']);
  const tools = all.flatMap((tool, i) =>
    tool['type'] == null || tool['type'] === 'custom' ? [readTool(tool, i)] : [],
  );
  const names = all.map((tool) => text(tool['name']));
  if (new Set(names).size < names.length) throw refuse('tools: Tool names must be unique.');
  const choice = body['tool_choice'];
  if (choice === undefined) return { tools, choice: { mode: tools.length > 0 ? 'auto' : 'none' }, parallel: true };
  if (all.length === 0) throw refuse('tool_choice: may only be specified while providing tools');
  const { type, name, disable_parallel_tool_use }: Json = isObject(choice) ? choice : {};
  const parallel = disable_parallel_tool_use !== true;
  if (type === 'auto' || type === 'none') return { tools, choice: { mode: type }, parallel };
  if (type === 'any') return { tools, choice: { mode: 'required' }, parallel };
  if (type !== 'tool') {
    throw refuse(
      "tool_choice: Input tag found using 'type' does not match any of the expected tags: 'auto', 'any', 'tool', 'none'",
    );
  }
  if (!names.includes(text(name)))
    throw refuse(`tool_choice.tool.name: Tool '${text(name)}' not found in provided tools`);
  return { tools, choice: { mode: 'required', names: [text(name)] }, parallel };
}

const TOOL_FIELDS = listNames(`
  type name description input_schema cache_control strict defer_loading allowed_callers input_examples
  eager_input_streaming
`);

function readTool(tool: Json, i: number): Tool {
  const at = `tools.${i}.custom`;
  const extra = Object.keys(tool).find((name) => !TOOL_FIELDS.includes(name));
  if (extra !== undefined) throw refuse(`${at}.${extra}: Extra inputs are not permitted`);
  const name = text(tool['name']);
  if (!/^[a-zA-Z0-9_-]{1,128}$/u.test(name)) {
    throw refuse(`${at}.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'`);
  }
  const schema = tool['input_schema'];
  if (!isObject(schema)) throw refuse(`${at}.input_schema: Field required`);
  if (schema['type'] === undefined) throw refuse(`${at}.input_schema.type: Field required`);
  if (schema['type'] !== 'object') throw refuse(`${at}.input_schema.type: Input should be 'object'`);
  const foreign = ['oneOf', 'allOf', 'anyOf'].find((keyword) => keyword in schema);
  if (foreign)
    throw refuse(`${at}.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level`);
  const problem = tool['strict'] === true ? formatProblem(schema) : undefined;
  if (problem) throw refuse(`${at}.input_schema: ${problem}`);
  return { name, description: text(tool['description']), schema };
}

/**
 * Keywords that structured outputs do not take, by the type they belong to:
 * https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations
 */
const REFUSED: Readonly<Record<string, readonly string[]>> = {
  string: ['minLength', 'maxLength'],
  integer: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
  number: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
  array: ['maxItems', 'uniqueItems', 'contains'],
};

/** The first thing in a schema that structured outputs refuse. */
export const formatProblem = (schema: Json): string | undefined =>
  refsItself(schema, schema, []) ? 'Recursive schemas are not supported' : keywordProblem(schema);

function keywordProblem(schema: unknown): string | undefined {
  if (!isObject(schema)) return undefined;
  const types = Array.isArray(schema['type']) ? (schema['type'] as unknown[]) : [schema['type']];
  for (const type of types.map(text)) {
    const foreign = (Object.hasOwn(REFUSED, type) ? (REFUSED[type] ?? []) : []).filter((keyword) => keyword in schema);
    if (foreign.length > 0) return `For '${type}' type, properties ${foreign.join(', ')} are not supported`;
    if (type === 'object' && schema['additionalProperties'] !== false) {
      return "For 'object' type, 'additionalProperties' must be explicitly set to false";
    }
    if (type === 'array' && Number(schema['minItems'] ?? 0) > 1) {
      return "For 'array' type, 'minItems' values other than 0 or 1 are not supported";
    }
  }
  if ('oneOf' in schema) return "Schema keyword 'oneOf' is not supported";
  return [...children(schema), ...definitions(schema)].map(keywordProblem).find((problem) => problem !== undefined);
}

function refsItself(schema: unknown, root: Json, path: readonly string[]): boolean {
  if (!isObject(schema)) return false;
  const ref = text(schema['$ref']);
  if (ref === '') return children(schema).some((child) => refsItself(child, root, path));
  if (ref === '#' || path.includes(ref)) return true;
  const steps = ref.split('/').slice(1);
  const target = steps.reduce<unknown>((found, step) => (isObject(found) ? found[step] : undefined), root);
  return refsItself(target, root, [...path, ref]);
}

/** The schemas directly inside a schema. */
const children = (schema: Json): unknown[] => [
  ...(isObject(schema['properties']) ? Object.values(schema['properties']) : []),
  ...['anyOf', 'allOf'].flatMap((key) => objects(schema[key])),
  schema['items'],
];

const definitions = (schema: Json): unknown[] =>
  ['$defs', 'definitions'].flatMap((key) => (isObject(schema[key]) ? Object.values(schema[key]) : []));
