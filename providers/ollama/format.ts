/** JSON output: https://docs.ollama.com/capabilities/structured-outputs */
import { subschemas } from '../../src/core/schema/document.js';
import type { Call, JsonObject } from '../../src/core/spec.js';
import { isObject } from '../shared/messages.js';

/** Puts `format` into the body, `json` or a schema; the caller's own `format` is the more exact wish. */
export function placeFormat(call: Call<'chat'>, body: JsonObject): void {
  const format: unknown = call.params.response_format;
  if (!isObject(format) || format['type'] === 'text') return;
  if (body['format'] !== undefined) {
    call.warn({ type: 'drop', param: 'response_format', message: 'format is given too, and wins' });
    return;
  }
  const held = format['json_schema'];
  body['format'] = isObject(held) && isObject(held['schema']) ? readSchema(held['schema'], call) : 'json';
}

/** The schema without the patterns that make the server refuse it. */
function readSchema(schema: JsonObject, call: Call<'chat'>): JsonObject {
  const copy = structuredClone(schema);
  const refused = new Set<string>();
  const waiting = [copy];
  for (let at = waiting.pop(); at; at = waiting.pop()) {
    const pattern = at['pattern'];
    if (typeof pattern === 'string' && !isGrammatical(pattern)) {
      refused.add(pattern);
      delete at['pattern'];
    }
    waiting.push(...subschemas(at, true));
  }
  if (refused.size === 0) return schema;
  const message = `the server has no grammar for the patterns ${[...refused].join(', ')}, which are left out of the schema`;
  call.warn({ type: 'drop', param: 'response_format', message });
  return copy;
}

const brackets = /\[(?:[^\]\\]|\\.)*\]/g;

/**
 * Whether llama.cpp, which writes a grammar for the schema, knows the pattern: it stands for the whole text, and looks
 * neither ahead nor behind; after a backslash comes a sign, no class of signs. Source: json-schema-to-grammar.cpp there.
 */
function isGrammatical(pattern: string): boolean {
  const rest = pattern.replace(brackets, '');
  return (
    /^\^[^]*\$$/.test(pattern) &&
    !/\(\?[^:]/.test(rest) &&
    !rest.replace(/\\[.[\](){}|*+?^$\\nrt"]/g, '').includes('\\') &&
    (pattern.match(brackets) ?? []).every((each) => !each.replace(/\\[\\[\]nrt"]/g, '').includes('\\'))
  );
}
