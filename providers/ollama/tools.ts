/** Tools: https://docs.ollama.com/capabilities/tool-calling. The model alone decides whether it calls them. */
import type { Call, JsonObject } from '../../src/core/spec.js';
import { isObject } from '../shared/messages.js';
import { insisted } from './options.js';
import { noMark } from './parts.js';

/** Puts the call's tools into the body (`tools`, and OpenAI's older `functions`), as far as its choice allows. */
export function placeTools(call: Call<'chat'>, body: JsonObject): void {
  const { tools, functions } = call.params;
  const placed: JsonObject[] = [];
  tools?.forEach((tool: unknown, at) => {
    if (!isObject(tool)) return;
    const path = `tools[${at}]`;
    noMark(tool, path, call);
    const definition = tool['function'];
    if (isObject(tool['custom'])) call.unsupported(path, 'tools with free-text input: tools take JSON here');
    else placed.push(isObject(definition) ? readFunction(definition, `${path}.function`, call) : { ...tool });
  });
  functions?.forEach((definition, at) =>
    placed.push(readFunction(definition as unknown as JsonObject, `functions[${at}]`, call)),
  );
  const sent = choose(placed, call, body);
  if (sent.length > 0) body['tools'] = sent;
}

function readFunction(definition: JsonObject, path: string, call: Call<'chat'>): JsonObject {
  noMark(definition, path, call);
  const { name, description, parameters, strict } = definition;
  if (strict === true)
    call.warn({ type: 'drop', param: `${path}.strict`, message: 'Ollama does not hold tool calls to their schema' });
  const schema = isObject(parameters) ? parameters : {};
  return {
    type: 'function',
    function: {
      name,
      ...(typeof description === 'string' && description !== '' && { description }),
      parameters:
        schema['type'] === 'object' && isObject(schema['properties'])
          ? schema
          : { properties: {}, ...schema, type: 'object' },
    },
  };
}

/** The tools that remain: none or the allowed ones. That one is called cannot be had. */
function choose(tools: JsonObject[], call: Call<'chat'>, body: JsonObject): JsonObject[] {
  const { tool_choice, function_call } = call.params;
  const choice: unknown = tool_choice ?? function_call;
  const param = tool_choice === undefined && function_call ? 'function_call' : 'tool_choice';
  if (choice === undefined || choice === 'auto') return tools;
  if (insisted(param, call)) body[param] = choice;
  else if (choice === 'none') {
    if (tools.length > 0) call.warn({ type: 'rewrite', param, message: 'so that none is called, no tools are sent' });
    return [];
  } else {
    const allowed = isObject(choice) ? choice['allowed_tools'] : undefined;
    if (!isObject(allowed) || allowed['mode'] === 'required')
      call.unsupported(param, 'the model alone decides whether it calls a tool');
    if (isObject(allowed)) return only(tools, allowed['tools'], param, call);
  }
  return tools;
}

function only(tools: JsonObject[], given: unknown, param: string, call: Call<'chat'>): JsonObject[] {
  const nameOf = (tool: JsonObject): unknown => (isObject(tool['function']) ? tool['function']['name'] : tool['name']);
  const names = Array.isArray(given) ? given.filter(isObject).map(nameOf) : [];
  call.warn({ type: 'rewrite', param, message: 'only the allowed tools are sent' });
  return tools.filter((tool) => names.includes(nameOf(tool)));
}
