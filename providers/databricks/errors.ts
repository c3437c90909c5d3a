/** Errors: `{ error_code, message, details }`; https://docs.databricks.com/api/workspace/introduction */
import type { ErrorFacts, ErrorKind } from '../../src/core/spec.js';

/** Codes, where no status tells more: within streams. */
const inStream: Readonly<Record<string, ErrorKind>> = {
  BAD_REQUEST: 'bad_request',
  INVALID_PARAMETER_VALUE: 'bad_request',
  UNAUTHENTICATED: 'authentication',
  PERMISSION_DENIED: 'permission',
  RESOURCE_DOES_NOT_EXIST: 'not_found',
  REQUEST_LIMIT_EXCEEDED: 'rate_limit',
  INTERNAL_ERROR: 'server',
  TEMPORARILY_UNAVAILABLE: 'overloaded',
};

/** The facts of an error that has no status, with the class that its code stands for. */
export function named(facts: ErrorFacts): ErrorFacts {
  const kind = facts.code == null ? undefined : inStream[facts.code];
  return facts.kind !== undefined || kind === undefined ? facts : { ...facts, kind };
}
