/**
 * Errors of the router and of servers behind it: text-generation-inference (`{ error, error_type }`) and
 * text-embeddings-inference. https://huggingface.github.io/text-embeddings-inference
 */
import type { ErrorFacts } from '../../src/core/spec.js';
import { openaiError } from '../openai/errors.js';
import { isObject } from '../shared/messages.js';

const tooLong = /`inputs` must have less than \d+ tokens|length limit exceeded/i;

export function huggingfaceError(status: number | undefined, body: unknown): ErrorFacts {
  const facts = openaiError(status, body);
  if (tooLong.test(facts.message)) facts.kind = 'context_window';
  // Monthly credits are used up.
  else if (status === 402) facts.kind = 'quota';
  if (!isObject(body)) return facts;
  const { error_type: type, estimated_time: seconds } = body;
  if (typeof type === 'string') facts.type = type;
  // The model is being loaded.
  if (typeof seconds === 'number' && seconds >= 0) facts.retry_after = seconds;
  return facts;
}
