/** Errors of a client, by status. */
import { type APIError, errorClass } from '../../src/core/errors.js';

export type { CallmError } from '../../src/core/errors.js';

export const errorFor = (
  status: number,
  more: { retry_after?: number; code?: string; message?: string } = {},
): APIError => {
  const { message = `status ${status}`, ...options } = more;
  const Class = errorClass({ message }, status);
  return new Class(message, { status, llm_provider: 'openai', ...options });
};

export const told = (status: number, retry_after: number): APIError => errorFor(status, { retry_after });
export const quota = (): APIError => errorFor(429, { code: 'insufficient_quota' });
