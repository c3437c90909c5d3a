import { unknownFields, type Violation } from './gemini-fields.js';
import { isObject, type Json } from './json.js';
import { listNames } from './words.js';

/** The fields of Gemini's own schema dialect: https://ai.google.dev/api/caching#Schema */
const FIELDS = listNames(`
  type format title description nullable enum maxItems minItems properties required minProperties
  maxProperties minLength maxLength pattern example anyOf propertyOrdering default items minimum maximum
`);

/** What the dialect does not know in a schema, at any depth. Plain JSON Schema belongs in the fields made for it. */
export function schemaViolations(schema: unknown, at: string): Violation[] {
  if (!isObject(schema)) return [];
  const found = unknownFields(schema, FIELDS, at);
  if (Array.isArray(schema['type'])) {
    const rest = 'Proto field is not repeating, cannot start list.';
    found.push({ field: at, description: `Invalid JSON payload received. Unknown name "type" at '${at}': ${rest}` });
  }
  return [...found, ...children(schema, at).flatMap(([child, path]) => schemaViolations(child, path))];
}

function children(schema: Json, at: string): [unknown, string][] {
  const properties = isObject(schema['properties']) ? Object.values(schema['properties']) : [];
  const branches = Array.isArray(schema['anyOf']) ? (schema['anyOf'] as unknown[]) : [];
  return [
    ...properties.map((child, i): [unknown, string] => [child, `${at}.properties[${i}].value`]),
    ...branches.map((child, i): [unknown, string] => [child, `${at}.any_of[${i}]`]),
    [schema['items'], `${at}.items`],
  ];
}
