import type { Call, JsonObject } from '../../src/core/spec.js';
import { isObject } from './answer.js';
import { objectRoot, typedRoot } from '../shared/object-root.js';
import type { Quirks, ToolRoot } from './quirks.js';

const rootOf = ({ models, tool_root }: Quirks, call: Call<never>): ToolRoot | undefined =>
  models?.find(({ match }) => match.test(call.model))?.tool_root ?? tool_root;

/** OpenAI's older form of tools. */
export function cleanFunctions(functions: readonly unknown[], quirks: Quirks, call: Call<never>): readonly unknown[] {
  const root = rootOf(quirks, call);
  if (root === undefined) return functions;
  return functions.map((one, i) => (isObject(one) ? withRoot(one, root, `functions[${i}]`, call) : one));
}

/** The same array when nothing needs to change. */
export function cleanTools(tools: readonly unknown[], quirks: Quirks, call: Call<never>): readonly unknown[] {
  const root = rootOf(quirks, call);
  const cleaned = tools.map((tool, i) => (isObject(tool) ? cleanTool(tool, quirks, root, call, i) : tool));
  return cleaned.some((tool, i) => tool !== tools[i]) ? cleaned : tools;
}

function cleanTool(
  tool: JsonObject,
  quirks: Quirks,
  root: ToolRoot | undefined,
  call: Call<never>,
  at: number,
): JsonObject {
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
  if (root !== undefined) definition = withRoot(definition, root, `tools[${at}].function`, call);
  return definition === fn ? copy : { ...copy, function: definition };
}

/** A function whose schema has the root that the vendor wants. */
function withRoot(definition: JsonObject, root: ToolRoot, path: string, call: Call<never>): JsonObject {
  const { parameters, strict, ...rest } = definition;
  if (!isObject(parameters)) return definition;
  const { schema, change } = root === 'plain' ? objectRoot(parameters, true) : { schema: parameters };
  const typed = typedRoot(schema);
  if (typed === parameters) return definition;
  const message = change ?? 'the root is said to be an object';
  call.warn({ type: 'schema', param: `${path}.parameters`, message });
  // What is merged is not in strict form any more.
  if (change === undefined || strict !== true) return { ...definition, parameters: typed };
  call.warn({ type: 'drop', param: `${path}.strict`, message: 'a strict tool cannot have this schema' });
  return { ...rest, parameters: typed };
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
