/**
 * The one error taxonomy. Names are those of the OpenAI SDK and LiteLLM; class, retryability and wording of every
 * failure are decided here. Providers report ErrorFacts (or throw ProviderFault) and nothing else.
 */
import type { AttemptRow, ErrorFacts, ErrorKind, JsonObject } from './spec.js';

const marker = Symbol.for('callm.error');

/** The root of all errors of this library. */
export class CallmError extends Error {
  /** One row for each request that was sent, in order. */
  attempts: AttemptRow[] = [];

  /** True for errors of this library, also those of another copy of the package. */
  static is(value: unknown): value is CallmError {
    return typeof value === 'object' && value !== null && marker in value;
  }

  toJSON(): JsonObject {
    return { ...(this as object), name: this.name, message: this.message };
  }
}
Object.defineProperty(CallmError.prototype, marker, { value: true });

export interface APIErrorOptions {
  status?: number | undefined;
  headers?: Record<string, string> | undefined;
  /** The parsed error body. */
  error?: unknown;
  code?: string | null | undefined;
  type?: string | null | undefined;
  param?: string | null | undefined;
  request_id?: string | null | undefined;
  llm_provider?: string | undefined;
  model?: string | undefined;
  retry_after?: number | undefined;
  provider_specific_fields?: JsonObject | undefined;
  cause?: unknown;
}

/** A call failed. Subclasses say how; `status` is undefined when no HTTP answer was received. */
export class APIError extends CallmError {
  /** The HTTP status received. */
  readonly status: number | undefined;
  /** Response headers, names in lower case. */
  readonly headers: Record<string, string> | undefined;
  /** The provider's error body. */
  readonly error: unknown;
  readonly code: string | null;
  readonly type: string | null;
  readonly param: string | null;
  readonly request_id: string | null;
  readonly llm_provider: string | undefined;
  readonly model: string | undefined;
  /** Seconds that the provider asked to wait. */
  readonly retry_after: number | undefined;
  readonly provider_specific_fields: JsonObject | undefined;

  constructor(message: string, options: APIErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.status = options.status;
    this.headers = options.headers;
    this.error = options.error;
    this.code = options.code ?? null;
    this.type = options.type ?? null;
    this.param = options.param ?? null;
    this.request_id = options.request_id ?? null;
    this.llm_provider = options.llm_provider;
    this.model = options.model;
    this.retry_after = options.retry_after;
    this.provider_specific_fields = options.provider_specific_fields;
  }

  /** Always a number: the status received, else the one this kind of failure stands for. */
  get status_code(): number {
    return this.status !== undefined && this.status >= 400 ? this.status : this.defaultStatus;
  }

  protected get defaultStatus(): number {
    return 500;
  }

  override toJSON(): JsonObject {
    return { ...super.toJSON(), status_code: this.status_code };
  }
}

/** 400: the request was refused, by the provider or before it was sent. */
export class BadRequestError extends APIError {
  protected override get defaultStatus(): number {
    return 400;
  }
}
/** The prompt does not fit the model's context window. */
export class ContextWindowExceededError extends BadRequestError {}
/** Refused by a content filter or a usage policy. */
export class ContentPolicyViolationError extends BadRequestError {}
/** The provider or model does not take a parameter; `drop_params: true` leaves it out. */
export class UnsupportedParamsError extends BadRequestError {}
/** 401, or no key at all. */
export class AuthenticationError extends APIError {
  protected override get defaultStatus(): number {
    return 401;
  }
}
/** 403. */
export class PermissionDeniedError extends APIError {
  protected override get defaultStatus(): number {
    return 403;
  }
}
/** 404: no such model, deployment or path. */
export class NotFoundError extends APIError {
  protected override get defaultStatus(): number {
    return 404;
  }
}
/** 409. */
export class ConflictError extends APIError {
  protected override get defaultStatus(): number {
    return 409;
  }
}
/** 422. */
export class UnprocessableEntityError extends APIError {
  protected override get defaultStatus(): number {
    return 422;
  }
}
/** 429: too fast, or (`code: 'insufficient_quota'`) out of credit. */
export class RateLimitError extends APIError {
  protected override get defaultStatus(): number {
    return 429;
  }
}
/** 5xx. */
export class InternalServerError extends APIError {}
/** 502. */
export class BadGatewayError extends InternalServerError {
  protected override get defaultStatus(): number {
    return 502;
  }
}
/** 503, or an overloaded provider. */
export class ServiceUnavailableError extends InternalServerError {
  protected override get defaultStatus(): number {
    return 503;
  }
}
/** No answer: refused, reset, cut short, not HTTP. `cause` is the transport's error. */
export class APIConnectionError extends APIError {}
/** A time limit of the call ran out (`timeout`, `stream_timeout`, `deadline`), or the provider answered 408 or 504. */
export class Timeout extends APIConnectionError {
  protected override get defaultStatus(): number {
    return 408;
  }
}
export { Timeout as APIConnectionTimeoutError };
/** A stream ended without the protocol's terminal event. `partial` is what had come, as the endpoint's result. */
export class StreamIncompleteError extends APIConnectionError {
  readonly partial: unknown;
  constructor(message: string, options: APIErrorOptions & { partial?: unknown } = {}) {
    super(message, options);
    this.partial = options.partial;
  }
}
/** A success status with a body that is not the endpoint's shape. */
export class APIResponseValidationError extends APIError {}
/** The answer does not match the schema asked for. `raw_response` is its text. */
export class JSONSchemaValidationError extends APIResponseValidationError {
  readonly raw_response: string;
  readonly schema: unknown;
  readonly issues: readonly { path: string; message: string }[];
  constructor(
    message: string,
    options: APIErrorOptions & {
      raw_response: string;
      schema?: unknown;
      issues?: readonly { path: string; message: string }[];
    },
  ) {
    super(message, options);
    this.raw_response = options.raw_response;
    this.schema = options.schema;
    this.issues = options.issues ?? [];
  }
}
/** The caller's signal ended the call; `cause` is the signal's reason. */
export class APIUserAbortError extends APIError {
  protected override get defaultStatus(): number {
    return 499;
  }
}
/** A budget would be exceeded; nothing was sent. */
export class BudgetExceededError extends CallmError {
  /** USD spent, and reserved by calls under way. */
  readonly current_cost: number | undefined;
  readonly max_budget: number | undefined;
  /** USD that the call might cost at the most. */
  readonly needed: number | undefined;
  /** With that many `max_tokens` it would have fitted; 0 if its input alone is too much. */
  readonly fitting_max_tokens: number | undefined;
  /** Seconds until the budget starts anew. */
  readonly retry_after: number | undefined;
  constructor(message: string, options: BudgetFacts & { cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.current_cost = options.current_cost;
    this.max_budget = options.max_budget;
    this.needed = options.needed;
    this.fitting_max_tokens = options.fitting_max_tokens;
    this.retry_after = options.retry_after;
  }
}
interface BudgetFacts {
  current_cost?: number | undefined;
  max_budget?: number | undefined;
  needed?: number | undefined;
  fitting_max_tokens?: number | undefined;
  retry_after?: number | undefined;
}
/** A guardrail stopped the call. */
export class GuardrailError extends CallmError {}
/** No deployment can take the call now. `retry_after` is in seconds, `reasons` says why for each deployment. */
export class NoDeploymentError extends CallmError {
  readonly retry_after: number | undefined;
  readonly reasons: Readonly<Record<string, string>>;
  constructor(
    message: string,
    options: { retry_after?: number; reasons?: Record<string, string>; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.retry_after = options.retry_after;
    this.reasons = options.reasons ?? {};
  }
}

/** Thrown by decoders and response readers for an error told inside a success status; the core makes it one of the classes above. */
export class ProviderFault extends Error {
  readonly facts: ErrorFacts;
  /** What said so, as it came. */
  body: unknown = undefined;
  constructor(facts: ErrorFacts) {
    super(facts.message);
    this.facts = facts;
  }
}

// Names live on the prototypes: they survive minification and do not show up as own fields.
for (const [name, type] of Object.entries({
  CallmError,
  APIError,
  BadRequestError,
  ContextWindowExceededError,
  ContentPolicyViolationError,
  UnsupportedParamsError,
  AuthenticationError,
  PermissionDeniedError,
  NotFoundError,
  ConflictError,
  UnprocessableEntityError,
  RateLimitError,
  InternalServerError,
  BadGatewayError,
  ServiceUnavailableError,
  APIConnectionError,
  Timeout,
  StreamIncompleteError,
  APIResponseValidationError,
  JSONSchemaValidationError,
  APIUserAbortError,
  BudgetExceededError,
  GuardrailError,
  NoDeploymentError,
  ProviderFault,
}))
  Object.defineProperty(type.prototype, 'name', { value: name, writable: true, configurable: true });

type APIErrorClass = new (message: string, options?: APIErrorOptions) => APIError;

const byKind: Record<ErrorKind, APIErrorClass> = {
  bad_request: BadRequestError,
  context_window: ContextWindowExceededError,
  content_policy: ContentPolicyViolationError,
  authentication: AuthenticationError,
  permission: PermissionDeniedError,
  not_found: NotFoundError,
  conflict: ConflictError,
  unprocessable: UnprocessableEntityError,
  rate_limit: RateLimitError,
  quota: RateLimitError,
  timeout: Timeout,
  overloaded: ServiceUnavailableError,
  bad_gateway: BadGatewayError,
  server: InternalServerError,
};

const byStatus: Record<number, APIErrorClass> = {
  400: BadRequestError,
  401: AuthenticationError,
  403: PermissionDeniedError,
  404: NotFoundError,
  408: Timeout,
  409: ConflictError,
  413: BadRequestError,
  422: UnprocessableEntityError,
  429: RateLimitError,
  502: BadGatewayError,
  503: ServiceUnavailableError,
  504: Timeout,
  529: ServiceUnavailableError,
};

/** The class of a failure: by kind, else by status, the body's own status standing in for a missing one. */
export function errorClass(facts: ErrorFacts, status: number | undefined): APIErrorClass {
  if (facts.kind !== undefined) return byKind[facts.kind];
  const code = status ?? facts.status;
  if (code === undefined) return APIError;
  return byStatus[code] ?? (code >= 500 ? InternalServerError : APIError);
}

/** Whether the same request may succeed if it is sent again to the same place. */
export function isRetryable(error: unknown): boolean {
  if (!(error instanceof APIError) || error instanceof APIUserAbortError) return false;
  if (error instanceof APIResponseValidationError) return false;
  if (error.code === 'insufficient_quota') return false;
  if (error instanceof APIConnectionError || error instanceof RateLimitError || error instanceof InternalServerError)
    return true;
  const status = error.status;
  return status !== undefined && (status === 408 || status === 409 || status === 429 || status >= 500);
}
