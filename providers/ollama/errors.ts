/** Errors: https://docs.ollama.com/api/errors */
import { readErrorBody } from '../../src/core/error-body.js';
import type { ErrorFacts } from '../../src/core/spec.js';
import { isObject } from '../shared/messages.js';

/** The prompt does not fit; some of the server's ways to this end in a 500. */
const tooLong = /(?:longer than|exceed\w*) (?:the |max(?:imum)? )*(?:available )?context|prompt (?:is )?too long/i;
const missing = /\bmodel ['"]?([^'"\s]+)['"]? not found/i;

/** Reads Ollama's error body, `{ "error": "…" }`; the status is undefined for one told inside a 200. */
export function ollamaError(status: number | undefined, body: unknown): ErrorFacts {
  const facts = readErrorBody(status, body);
  const name = missing.exec(facts.message)?.[1];
  if (tooLong.test(facts.message)) facts.kind = 'context_window';
  else if (name !== undefined && (status === undefined || status === 404)) {
    facts.kind = 'not_found';
    facts.message += `; "ollama pull ${name}" makes it available`;
  } else if (status === undefined) facts.kind = 'server';
  if (isObject(body) && typeof body['signin_url'] === 'string')
    facts.provider_specific_fields = { signin_url: body['signin_url'] };
  return facts;
}
