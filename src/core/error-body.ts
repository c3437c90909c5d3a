/** What error bodies say, in OpenAI's shape and its near relatives. Loaded with the first failure. */
import type { ErrorFacts, JsonObject } from './spec.js';

const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null;
const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/** FastAPI's list of field errors, as one line. */
function details(value: unknown): string | undefined {
  if (!Array.isArray(value)) return text(value) ?? (isObject(value) ? JSON.stringify(value) : undefined);
  const lines = value.map((entry: unknown) =>
    isObject(entry) && text(entry['msg'])
      ? `${Array.isArray(entry['loc']) ? entry['loc'].join('.') + ': ' : ''}${String(entry['msg'])}`
      : (text(entry) ?? (isObject(entry) ? (text(entry['message']) ?? JSON.stringify(entry)) : '')),
  );
  return lines.filter(Boolean).join('; ') || undefined;
}

/** The field that FastAPI's first entry is about: `messages.0.content`. */
function place(value: unknown): string | null {
  const entry: unknown = Array.isArray(value) ? value[0] : value;
  const loc: unknown = isObject(entry) ? entry['loc'] : undefined;
  return Array.isArray(loc) ? loc.slice(loc[0] === 'body' ? 1 : 0).join('.') || null : null;
}

/** Google's form of an id, among the details. */
function idAmong(value: unknown): string | undefined {
  const entries: unknown[] = Array.isArray(value) ? value : [];
  return entries
    .map((entry) => (isObject(entry) ? text(entry['request_id']) : undefined))
    .find((id) => id !== undefined);
}

/**
 * Reads the error bodies that most providers send: OpenAI's, Anthropic's, Google's (also in an array), `{"error": "…"}`,
 * `{"message": "…"}`, FastAPI's `{"detail": …}`, or plain text.
 */
export function readErrorBody(status: number | undefined, body: unknown): ErrorFacts {
  const root: unknown = Array.isArray(body) && body.length > 0 ? body[0] : body;
  if (!isObject(root)) {
    const plain = typeof root === 'string' ? root.trim() : '';
    return {
      message:
        plain.slice(0, 2000) ||
        (status === undefined ? 'the provider reported an error' : `HTTP ${status} without a message`),
    };
  }
  const inner: JsonObject = isObject(root['error']) ? root['error'] : root;
  const nested = isObject(inner['message']) ? inner['message']['detail'] : undefined;
  const message =
    text(inner['message']) ??
    text(inner['Message']) ??
    text(root['error']) ??
    text(root['message']) ??
    details(root['detail']) ??
    details(root['errors']) ??
    details(inner['details']) ??
    text(root['error_description']) ??
    details(nested) ??
    JSON.stringify(root).slice(0, 2000);
  const listed: unknown = Array.isArray(root['errors']) ? root['errors'][0] : undefined;
  const code =
    inner['code'] ??
    root['code'] ??
    root['error_code'] ??
    inner['status'] ??
    (isObject(listed) ? listed['code'] : undefined);
  const facts: ErrorFacts = {
    message,
    code: typeof code === 'string' || typeof code === 'number' ? String(code) : null,
    type: text(inner['type']) ?? text(inner['status']) ?? (inner === root ? null : (text(root['type']) ?? null)),
    param: text(inner['param']) ?? place(nested ?? root['detail'] ?? inner['details']),
  };
  const told = [inner['code'], inner['status'], inner['status_code'], root['status_code'], root['code'], root['status']]
    .map(Number)
    .find((value) => Number.isInteger(value) && value >= 400 && value < 600);
  if (told !== undefined) facts.status = told;
  const id = text(root['request_id']) ?? text(inner['request_id']) ?? idAmong(inner['details']);
  if (id !== undefined) facts.request_id = id;
  return facts;
}
