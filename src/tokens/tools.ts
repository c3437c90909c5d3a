/** Tool definitions as the text that models read. */
import type { JsonObject } from '../core/spec.js';
import { isObject } from '../core/validate.js';

/** The function that a tool defines, in OpenAI's shape, Gemini's lists or Anthropic's. */
function functionsOf(tool: JsonObject): JsonObject[] {
  const own = tool['function'] ?? tool['custom'];
  if (isObject(own)) return [own];
  const declared = tool['function_declarations'] ?? tool['functionDeclarations'];
  if (Array.isArray(declared)) return declared.filter(isObject);
  const { name, description, strict } = tool;
  const parameters = tool['input_schema'] ?? tool['parameters'];
  return [
    {
      name,
      parameters: isObject(parameters) ? parameters : {},
      ...(description != null && { description }),
      ...(strict != null && { strict: Boolean(strict) }),
    },
  ];
}

const named = (tools: readonly unknown[]): JsonObject[] =>
  tools
    .filter(isObject)
    .flatMap(functionsOf)
    .filter(({ name }) => Boolean(name));

function typeText(schema: unknown, indent: number): string {
  if (!isObject(schema)) return 'any';
  const { type, enum: values, items } = schema;
  const union = (show: (value: unknown) => string): string => (values as unknown[]).map(show).join(' | ');
  const quoted = (value: unknown): string => `"${String(value)}"`;
  switch (type) {
    case 'string':
    case 'integer':
    case 'number':
      if (Array.isArray(values)) return union(quoted);
      return type === 'string' ? 'string' : 'number';
    case 'array':
      return `${typeText(items, indent)}[]`;
    case 'object':
      return `{\n${fieldsText(schema, indent + 2)}\n}`;
    case 'boolean':
    case 'null':
      return type;
    default:
      return 'any';
  }
}

function fieldsText({ properties, required }: JsonObject, indent: number): string {
  if (!isObject(properties)) return '';
  const needed = Array.isArray(required) ? required : [];
  const lines: string[] = [];
  for (const [name, schema] of Object.entries(properties)) {
    if (isObject(schema) && schema['description']) lines.push(`// ${String(schema['description'])}`);
    lines.push(`${name}${needed.includes(name) ? '' : '?'}: ${typeText(schema, indent)},`);
  }
  return lines.map((line) => ' '.repeat(indent) + line).join('\n');
}

function functionText({ name, description, parameters }: JsonObject): string[] {
  const comment = description ? [`// ${String(description)}`] : [];
  const given = isObject(parameters) && isObject(parameters['properties']) ? parameters : undefined;
  const fields = given === undefined ? '' : fieldsText(given, 0);
  const text =
    fields === '' ? [`type ${String(name)} = () => any;`] : [`type ${String(name)} = (_: {`, fields, '}) => any;'];
  return [...comment, ...text, ''];
}

/** OpenAI's models read tools as a namespace of types. */
function namespaceText(tools: readonly unknown[]): string {
  return ['namespace functions {', '', ...named(tools).flatMap(functionText), '} // namespace functions'].join('\n');
}

/** JSON with a space after each comma and colon, as chat templates write it. */
function spacedJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spacedJson).join(', ')}]`;
  if (!isObject(value)) return JSON.stringify(value) ?? 'null';
  const fields = Object.entries(value).filter(([, entry]) => entry !== undefined);
  return `{${fields.map(([name, entry]) => `${JSON.stringify(name)}: ${spacedJson(entry)}`).join(', ')}}`;
}

/** Chat templates that write tools as JSON after a text of their own, so many tokens long. */
const templates: readonly {
  models: RegExp;
  preamble: number;
  system: number;
  text(functions: JsonObject[]): string;
}[] = [
  {
    models: /deepseek-v4(?![.\d]|p\d)|^(?:deepseek\/)?deepseek-(?:chat|reasoner|flash)(?::free)?$/i,
    preamble: 222,
    system: 0,
    text: (functions) => functions.map(spacedJson).join('\n'),
  },
  {
    models: /qwen3[._]?5(?!\d)/i,
    preamble: 196,
    // Of a system message that the template adds.
    system: 5,
    text: (functions) => functions.map((each) => `\n${spacedJson({ type: 'function', function: each })}`).join(''),
  },
];

/** What tools and the choice among them add to a prompt. */
export function toolTokens(
  model: string,
  tools: readonly unknown[],
  choice: unknown,
  system: boolean,
  count: (text: string) => number,
): number {
  const template = templates.find(({ models }) => models.test(model));
  if (template === undefined)
    return (tools.length === 0 ? 0 : count(namespaceText(tools)) + 9 - (system ? 4 : 0)) + choiceTokens(choice, count);
  const functions = named(tools);
  if (functions.length === 0) return 0;
  return template.preamble + (system ? 0 : template.system) + count(template.text(functions));
}

function choiceTokens(choice: unknown, count: (text: string) => number): number {
  if (choice === 'none') return 1;
  if (!isObject(choice)) return 0;
  if (choice['type'] === 'none') return 1;
  const name = isObject(choice['function']) ? choice['function']['name'] : choice['name'];
  return typeof name === 'string' ? 7 + count(name) : 0;
}
