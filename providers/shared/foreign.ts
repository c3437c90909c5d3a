/**
 * State that providers hide in their answers, and whose it is. Nobody stamps an answer: what callm reads stands in a
 * place that tells where it comes from, and stays there through JSON.
 *
 * - `thinking_blocks` with a signature, or redacted, are Claude's, on whatever platform (their signatures hold on all of
 *   them), unless thought signatures stand in the same message: LiteLLM writes Gemini's thoughts so.
 * - Thought signatures stand under `provider_specific_fields` of the message and of its tool calls, or in a call's id.
 * - All else is the one's whose field of `provider_specific_fields` it is.
 */
import type { JsonObject } from '../../src/core/spec.js';
import { asText, isObject } from './messages.js';

/** LiteLLM appends the signature to the call's id. */
const inId = '__thought__';
export const plainId = (id: string): string => id.split(inId, 1)[0] || id;

const text = (value: unknown): string | undefined => asText(value) || undefined;
const within = (value: unknown, ...path: string[]): unknown =>
  path.reduce<unknown>((at, name) => (isObject(at) ? at[name] : undefined), value);

const callsOf = (message: JsonObject): JsonObject[] =>
  Array.isArray(message['tool_calls']) ? message['tool_calls'].filter(isObject) : [];

/**
 * The thought signature of a tool call: ours and LiteLLM's place, the one of Google's OpenAI-compatible API (as it is,
 * and as an answer of it is read), or LiteLLM's id.
 */
export function thoughtSignature(call: JsonObject): string | undefined {
  return (
    text(within(call, 'provider_specific_fields', 'thought_signature')) ??
    text(within(call, 'function', 'provider_specific_fields', 'thought_signature')) ??
    text(within(call, 'extra_content', 'google', 'thought_signature')) ??
    text(within(call, 'provider_specific_fields', 'extra_content', 'google', 'thought_signature')) ??
    text(asText(call['id']).split(inId)[1])
  );
}

/** Whether a message bears thought signatures, so that its thinking was signed by the same model. */
export function hasThoughtSignatures(message: JsonObject): boolean {
  const signatures = within(message, 'provider_specific_fields', 'thought_signatures');
  return (
    (Array.isArray(signatures) && signatures.length > 0) ||
    callsOf(message).some((call) => thoughtSignature(call) !== undefined)
  );
}

/** Whether thinking is more than its text: signed, or to be read by its provider alone. */
export const isSealed = (block: unknown): boolean =>
  isObject(block) && (block['type'] === 'redacted_thinking' || text(block['signature']) !== undefined);

const holds = (value: unknown): boolean =>
  value !== null && value !== undefined && !(Array.isArray(value) && value.length === 0);

/** Paths of the provider-specific fields, of a message and its tool calls, that are not among one's own. */
export function foreignFields(message: JsonObject, own: readonly string[], ownOfCalls: readonly string[]): string[] {
  const out: string[] = [];
  const gather = (owner: JsonObject, known: readonly string[], path: string): void => {
    const fields = owner['provider_specific_fields'];
    if (!isObject(fields)) return;
    for (const name in fields)
      if (!known.includes(name) && holds(fields[name])) out.push(`${path}provider_specific_fields.${name}`);
  };
  gather(message, own, '');
  const calls: unknown = message['tool_calls'];
  if (Array.isArray(calls))
    calls.forEach((call: unknown, i) => {
      if (!isObject(call)) return;
      gather(call, ownOfCalls, `tool_calls[${i}].`);
      if (isObject(call['function'])) gather(call['function'], ownOfCalls, `tool_calls[${i}].function.`);
    });
  return out;
}
