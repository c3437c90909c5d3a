/**
 * Tools and how they may be chosen. Sources: https://ai.google.dev/gemini-api/docs/function-calling,
 * https://ai.google.dev/api/caching#Tool, https://ai.google.dev/gemini-api/docs/tool-combination
 */
import type { Call, JsonObject } from '../../src/core/spec.js';
import { isObject } from '../shared/messages.js';
import { camelCased, camelKey } from './casing.js';
import type { Family } from './models.js';

type Notes = Pick<Call, 'warn' | 'unsupported' | 'compile'>;

/** Tools that run at Google, by their field. */
const builtIn = new Set([
  'googleSearch',
  'googleSearchRetrieval',
  'urlContext',
  'codeExecution',
  'googleMaps',
  'computerUse',
  'fileSearch',
  'enterpriseWebSearch',
  'retrieval',
  'mcpServers',
]);
/** Other vendors' names for them. */
const aliases: readonly { match: RegExp; field: string }[] = [
  { match: /^web_search(?:_|$)/, field: 'googleSearch' },
  { match: /^code_(?:interpreter|execution)(?:_|$)/, field: 'codeExecution' },
];

export interface Tools {
  tools?: JsonObject[];
  toolConfig?: JsonObject;
}

interface Gathered {
  functions: JsonObject[];
  others: JsonObject[];
  /** Where the searches of maps are about, which stands beside the tools. */
  retrieval?: JsonObject;
}

/** The function of an OpenAI tool, also in the flat form of the Responses API; undefined for other tools. */
const functionOf = (tool: JsonObject): JsonObject | undefined =>
  tool['type'] !== 'function' ? undefined : isObject(tool['function']) ? tool['function'] : tool;

/** All functions that the caller declares in OpenAI's form, with their place in the params. */
function* declared(params: JsonObject): Generator<[definition: JsonObject, path: string]> {
  const { tools, functions } = params;
  if (Array.isArray(tools))
    for (const [index, tool] of tools.entries()) {
      const definition = isObject(tool) ? functionOf(tool) : undefined;
      if (definition !== undefined) yield [definition, `tools[${index}].function`];
    }
  if (Array.isArray(functions))
    for (const [index, definition] of functions.entries())
      if (isObject(definition)) yield [definition, `functions[${index}]`];
}

const dialectOf = (family: Family): 'gemini_json' | 'gemini_openapi' =>
  family.jsonSchema ? 'gemini_json' : 'gemini_openapi';

/** A place in a schema as the rest of a param's path. */
export const dotted = (pointer: string): string => pointer.replace(/^#/, '').replaceAll('/', '.');

const isEmpty = (value: unknown): boolean => !isObject(value) || Object.keys(value).length === 0;

function declaration(definition: JsonObject, path: string, family: Family, call: Notes): JsonObject {
  const { name, description, parameters, strict } = definition;
  if (strict === true)
    call.warn({ type: 'drop', param: `${path}.strict`, message: 'Gemini has no strict mode for one function' });
  const out: JsonObject = { name };
  if (typeof description === 'string' && description !== '') out['description'] = description;
  // The older form refuses an object without properties.
  if (!isObject(parameters) || isEmpty(family.jsonSchema ? parameters : parameters['properties'])) return out;
  const { schema, changes } = call.compile(parameters, dialectOf(family));
  for (const { path: at, what } of changes)
    call.warn({ type: 'schema', param: `${path}.parameters${dotted(at)}`, message: what });
  out[family.jsonSchema ? 'parametersJsonSchema' : 'parameters'] = schema;
  return out;
}

function gather(params: JsonObject, family: Family, call: Notes): Gathered {
  const functions = [...declared(params)].map(([definition, path]) => declaration(definition, path, family, call));
  const others: JsonObject[] = [];
  let retrieval: JsonObject | undefined;
  const list = Array.isArray(params['tools']) ? (params['tools'] as unknown[]) : [];
  for (const [index, tool] of list.entries()) {
    if (!isObject(tool)) continue;
    if (tool['cache_control'] !== undefined && tool['cache_control'] !== null)
      call.warn({ type: 'drop', param: `tools[${index}].cache_control`, message: 'Gemini takes no cache marks' });
    if (functionOf(tool) !== undefined) continue;
    const native = nativeTool(tool, family);
    if (native === undefined)
      call.unsupported(`tools[${index}]`, `no tool of Gemini's is called ${String(tool['type'])}`);
    else {
      const { functionDeclarations, ...rest } = native;
      if (Array.isArray(functionDeclarations)) functions.push(...(functionDeclarations as JsonObject[]));
      if (isObject(rest['googleMaps'])) {
        const { maps, place } = splitMaps(rest['googleMaps']);
        rest['googleMaps'] = maps;
        retrieval = place ?? retrieval;
        const message = 'place and language of the maps are sent as toolConfig.retrievalConfig';
        if (place !== undefined) call.warn({ type: 'rewrite', param: `tools[${index}]`, message });
      }
      if (isObject(rest['computerUse'])) rest['computerUse'] = withEnvironment(rest['computerUse']);
      if (!isEmpty(rest)) others.push(rest);
    }
  }
  const search = params['web_search_options'];
  if (search !== undefined && !others.some((tool) => 'googleSearch' in tool || 'googleSearchRetrieval' in tool)) {
    others.push(searchTool(family));
    for (const name of Object.keys(isObject(search) ? search : {}))
      call.warn({
        type: 'drop',
        param: `web_search_options.${name}`,
        message: "Google's search takes no such setting",
      });
  }
  return { functions, others, ...(retrieval && { retrieval }) };
}

/** Place and language of a search of maps, given within the tool: the API has them beside the tools. */
function splitMaps(given: JsonObject): { maps: JsonObject; place?: JsonObject } {
  const { retrievalConfig, latitude, longitude, languageCode, ...maps } = given;
  const nested = isObject(retrievalConfig) ? retrievalConfig : {};
  const {
    latitude: lat = latitude,
    longitude: lng = longitude,
    languageCode: language = languageCode,
    ...others
  } = nested;
  const place = {
    ...others,
    ...(lat !== undefined && lng !== undefined && { latLng: { latitude: lat, longitude: lng } }),
    ...(language !== undefined && { languageCode: language }),
  };
  return isEmpty(place) ? { maps } : { maps, place };
}

/** Gemini 1 has a search tool of its own. */
const searchTool = (family: Family): JsonObject =>
  family.oldSearch ? { googleSearchRetrieval: {} } : { googleSearch: {} };

/** A tool of Google's: in its native form, or named by `type`. */
function nativeTool(tool: JsonObject, family: Family): JsonObject | undefined {
  const { type, cache_control: _, ...settings } = tool;
  if (type === undefined) return camelCased(settings) as JsonObject;
  const name = typeof type === 'string' ? type : '';
  const alias = aliases.find(({ match }) => match.test(name))?.field;
  if (alias === 'googleSearch') return searchTool(family);
  if (alias !== undefined) return { [alias]: {} };
  const field = camelKey(name.replaceAll('-', '_'));
  if (!builtIn.has(field)) return undefined;
  const inner = camelCased(settings) as JsonObject;
  return { [field]: inner[field] ?? inner };
}

/** LiteLLM's callers name the environment without Google's prefix. */
function withEnvironment(given: JsonObject): JsonObject {
  const { environment } = given;
  if (typeof environment !== 'string' || environment.startsWith('ENVIRONMENT_')) return given;
  return { ...given, environment: `ENVIRONMENT_${environment.toUpperCase()}` };
}

/** The calling mode that OpenAI's `tool_choice` or `function_call` stands for. */
function callingConfig(choice: unknown, call: Notes): JsonObject | undefined {
  if (choice === 'auto') return { mode: 'AUTO' };
  if (choice === 'none') return { mode: 'NONE' };
  if (choice === 'required' || choice === 'any') return { mode: 'ANY' };
  const named = isObject(choice) ? (isObject(choice['function']) ? choice['function'] : choice) : undefined;
  if (named?.['type'] === 'allowed_tools' && isObject(named['allowed_tools'])) {
    const { mode, tools } = named['allowed_tools'];
    const allowed = (Array.isArray(tools) ? tools : []).filter(isObject).map((tool) => functionOf(tool)?.['name']);
    return { mode: mode === 'required' ? 'ANY' : 'VALIDATED', allowedFunctionNames: allowed.filter(Boolean) };
  }
  if (typeof named?.['name'] === 'string') return { mode: 'ANY', allowedFunctionNames: [named['name']] };
  call.unsupported('tool_choice', 'it is auto, none, required, or names a function');
  return undefined;
}

/** `combines`: built-in tools may stand beside functions if their invocations are shown. */
export function toTools(params: JsonObject, family: Family, combines: boolean, call: Notes): Tools {
  const { functions, others, retrieval } = gather(params, family, call);
  const out: Tools = {};
  const tools = [...(functions.length > 0 ? [{ functionDeclarations: functions }] : []), ...others];
  if (tools.length > 0) out.tools = tools;

  const config: JsonObject = {};
  const choice = params['tool_choice'] ?? params['function_call'];
  if (choice !== undefined) {
    const calling = callingConfig(choice, call);
    // Without functions the API refuses a calling mode.
    if (functions.length > 0 && calling !== undefined) config['functionCallingConfig'] = calling;
    else if (calling !== undefined && calling['mode'] !== 'AUTO' && calling['mode'] !== 'NONE')
      call.warn({ type: 'drop', param: 'tool_choice', message: 'no function is declared that could be called' });
  }
  if (params['parallel_tool_calls'] === false)
    call.warn({
      type: 'drop',
      param: 'parallel_tool_calls',
      message: 'Gemini cannot be kept from calling several functions at once',
    });
  if (combines && family.third && functions.length > 0 && others.length > 0) {
    config['includeServerSideToolInvocations'] = true;
    call.warn({
      type: 'default',
      param: 'tools',
      message: 'invocations of built-in tools are shown, else they cannot stand beside functions',
    });
  }
  const shown = params['include_server_side_tool_invocations'] ?? params['includeServerSideToolInvocations'];
  if (shown !== undefined && shown !== null) config['includeServerSideToolInvocations'] = shown;
  if (retrieval !== undefined) config['retrievalConfig'] = retrieval;
  const given = params['tool_config'] ?? params['toolConfig'];
  if (isObject(given)) Object.assign(config, camelCased(given));
  if (!isEmpty(config)) out.toolConfig = config;
  return out;
}

/** Undoes what the schema compiler did, for the arguments of each function whose schema it changed. */
export function argumentInverters(
  call: Pick<Call<'chat'>, 'params' | 'compile'>,
  family: Family,
): Map<string, (args: unknown) => unknown> {
  const out = new Map<string, (args: unknown) => unknown>();
  for (const [{ name, parameters }] of declared(call.params)) {
    if (typeof name !== 'string' || isEmpty(parameters)) continue;
    const { changes, invert } = call.compile(parameters as JsonObject, dialectOf(family));
    if (changes.length > 0) out.set(name, invert);
  }
  return out;
}
