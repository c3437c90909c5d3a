import type { Call, JsonObject } from '../../src/core/spec.js';
import { isObject } from './answer.js';
import type { Quirks } from './quirks.js';

/** The same array when nothing needs to change. */
export function cleanTools(tools: readonly unknown[], quirks: Quirks, call: Call<never>): readonly unknown[] {
  const cleaned = tools.map((tool, i) => (isObject(tool) ? cleanTool(tool, quirks, call, i) : tool));
  return cleaned.some((tool, i) => tool !== tools[i]) ? cleaned : tools;
}

function cleanTool(tool: JsonObject, quirks: Quirks, call: Call<never>, at: number): JsonObject {
  let copy = tool;
  const drop = (field: string, why: string): void =>
    call.warn({ type: 'drop', param: `tools[${at}].${field}`, message: why });
  if (quirks.cache_control !== true && 'cache_control' in copy) {
    const { cache_control: _, ...rest } = copy;
    copy = rest;
    drop('cache_control', 'this provider has no cache marks');
  }
  const fn = copy['function'];
  if (!isObject(fn)) return copy;
  let definition = fn;
  if (quirks.cache_control !== true && 'cache_control' in definition) {
    const { cache_control: _, ...rest } = definition;
    definition = rest;
    drop('function.cache_control', 'this provider has no cache marks');
  }
  if (quirks.strict_tools === false && 'strict' in definition) {
    const { strict: _, ...rest } = definition;
    definition = rest;
    drop('function.strict', 'this provider has no strict tools');
  }
  if (quirks.tool_schema_omit && definition['parameters'] !== undefined) {
    const omit = new Set(quirks.tool_schema_omit);
    const parameters = withoutKeywords(definition['parameters'], omit, false);
    if (parameters !== definition['parameters']) {
      definition = { ...definition, parameters };
      call.warn({
        type: 'schema',
        param: `tools[${at}].function.parameters`,
        message: `without ${quirks.tool_schema_omit.join(', ')}, which this provider refuses`,
      });
    }
  }
  return definition === fn ? copy : { ...copy, function: definition };
}

/** Copies only what changes. Below `properties` the keys are names of the caller's, not keywords. */
function withoutKeywords(schema: unknown, omit: ReadonlySet<string>, names: boolean): unknown {
  if (Array.isArray(schema)) {
    const items = schema.map((item: unknown) => withoutKeywords(item, omit, false));
    return items.some((item, i) => item !== schema[i]) ? items : schema;
  }
  if (!isObject(schema)) return schema;
  const out: JsonObject = {};
  let changed = false;
  for (const [key, value] of Object.entries(schema)) {
    if (!names && omit.has(key)) {
      changed = true;
      continue;
    }
    const literal = !names && (key === 'const' || key === 'enum' || key === 'default' || key === 'examples');
    const map =
      !names && (key === 'properties' || key === '$defs' || key === 'definitions' || key === 'patternProperties');
    const kept = literal ? value : withoutKeywords(value, omit, map);
    if (kept !== value) changed = true;
    out[key] = kept;
  }
  return changed ? out : schema;
}
