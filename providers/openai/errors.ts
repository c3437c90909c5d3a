import { readErrorBody } from '../../src/core/error-body.js';
import type { ErrorFacts, ErrorKind, JsonObject } from '../../src/core/spec.js';
import { isObject } from './answer.js';

/** Codes and types that OpenAI and its likes send. */
const kinds: Readonly<Record<string, ErrorKind>> = {
  context_length_exceeded: 'context_window',
  exceed_context_size_error: 'context_window',
  content_policy_violation: 'content_policy',
  content_filter: 'content_policy',
  moderation_blocked: 'content_policy',
  data_inspection_failed: 'content_policy',
  insufficient_quota: 'quota',
  invalid_api_key: 'authentication',
  invalid_authentication: 'authentication',
  authentication_error: 'authentication',
  permission_denied: 'permission',
  permission_error: 'permission',
  model_not_found: 'not_found',
  rate_limit_exceeded: 'rate_limit',
  rate_limit_error: 'rate_limit',
  server_error: 'server',
  internal_server_error: 'server',
  engine_overloaded_error: 'overloaded',
  invalid_request_error: 'bad_request',
  // Of gateways that hand on what others say, of Moonshot, and of text-generation-inference.
  api_error: 'server',
  internal_error: 'server',
  generation: 'server',
  incomplete_generation: 'server',
  overloaded_error: 'overloaded',
  overloaded: 'overloaded',
  service_unavailable: 'overloaded',
  service_unavailable_error: 'overloaded',
  timeout_error: 'timeout',
  not_found_error: 'not_found',
  rate_limit_reached_error: 'rate_limit',
  exceeded_current_quota_error: 'quota',
  billing_error: 'quota',
};

/** Texts by which servers without a code tell that the prompt is too long. */
const contextTexts: readonly RegExp[] = [
  /max(imum)? (context|prompt) length/i,
  /exceeds? (the )?(model's )?(maximum )?context (length|limit|window|size)/i,
  /exceeds the available context size/i,
  /longer than the model's context length/i,
  /input tokens exceed the configured limit/i,
  /maximum context limit/i,
  /`inputs` tokens \+ `max_new_tokens` must be/i,
  /exceeds the maximum number of tokens allowed/i,
  /current length is \d+ while limit is \d+/i,
  /exceeded this model context window limit/i,
  /prompt token count \(\d+\) cannot exceed/i,
  /max tokens of \d+ exceeded/i,
  /(prompt|input)( is)? too long/i,
  /string too long\. expected a string with maximum length/i,
  /prompt contains \d+ tokens.*too large for model/i,
  // Moonshot, MiniMax, Volcengine, Z.ai, DashScope.
  /exceeded model token limit|model max length exceeded/i,
  /context window exceeds limit/i,
  /(?:input length|prompt)(?: \d+)? exceeds (?:the )?max(?:imum)? length/i,
  /range of input length should be/i,
];
const policyTexts: readonly RegExp[] = [
  /violating our usage policy/i,
  /rejected as a result of (the|our) safety system/i,
  // DeepSeek, DashScope.
  /content exists risk/i,
  /data may contain inappropriate content/i,
];

/** How long to wait, where no header tells it: `Please try again in 1m2.5s`, `in 345ms`. */
const wait = /try again in (?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)(m?s)\b)?/i;

function waitIn(message: string): number | undefined {
  const [, hours, minutes, rest, unit] = wait.exec(message) ?? [];
  if (hours === undefined && minutes === undefined && rest === undefined) return undefined;
  return Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(rest ?? 0) / (unit === 'ms' ? 1000 : 1);
}

/** Waiting for a minute does not help. */
const quotaTexts: readonly RegExp[] = [/daily free allocation/i];

/** A field that is too long is no context window. */
const fieldTooLong = (facts: ErrorFacts): boolean =>
  facts.code === 'string_above_max_length' || /invalid 'user'/i.test(facts.message);

/** Of MiniMax, in `base_resp`: https://platform.minimax.io/docs/api-reference/errorcode */
const baseCodes: Readonly<Record<string, ErrorKind>> = {
  1001: 'timeout',
  1002: 'rate_limit',
  1004: 'authentication',
  1008: 'quota',
  1024: 'server',
  1026: 'content_policy',
  1027: 'content_policy',
  1033: 'server',
  1039: 'context_window',
  1041: 'rate_limit',
  2013: 'bad_request',
  2049: 'authentication',
  2056: 'rate_limit',
};

/** A failure told beside an empty answer, as a status of its own. */
export function baseFault(body: JsonObject): ErrorFacts | undefined {
  const told = body['base_resp'];
  if (!isObject(told) || typeof told['status_code'] !== 'number' || told['status_code'] === 0) return undefined;
  const code = String(told['status_code']);
  return { message: String(told['status_msg'] ?? `status ${code}`), code, kind: baseCodes[code] ?? 'server' };
}

/** An error is told, and not merely a field for one. */
const isTold = (error: unknown): boolean => (isObject(error) ? Object.keys(error).length > 0 : Boolean(error));

/** An error in OpenAI's form. */
export const holdsError = (body: JsonObject): boolean => isTold(body['error']) || body['object'] === 'error';

/**
 * What a body or an event without an answer says of a failure: an error, or a text of Cloudflare's, FastAPI's or of a
 * gateway in between. Undefined if it tells none.
 */
export function faultWithout(body: JsonObject): ErrorFacts | undefined {
  const { message, errors, detail } = body;
  const coded = body['code'] || body['error_code'] || Number(body['status'] ?? body['status_code']) >= 400;
  const failed =
    holdsError(body) ||
    (typeof message === 'string' && message !== '' && coded) ||
    (Array.isArray(errors) && errors.length > 0) ||
    isTold(detail);
  return baseFault(body) ?? (failed ? openaiError(undefined, body) : undefined);
}

/** Finish reasons that stand for a failure: of Mistral, OpenRouter and vLLM, of Z.ai, of DeepSeek. */
const broken: Readonly<Record<string, ErrorKind>> = {
  error: 'server',
  network_error: 'server',
  insufficient_system_resource: 'overloaded',
};

/** Why a choice did not come to its end; undefined if it did, or goes on. */
export function faultOfChoice({ error, finish_reason: reason }: JsonObject): ErrorFacts | undefined {
  if (isTold(error)) return openaiError(undefined, { error });
  const kind = typeof reason === 'string' ? broken[reason] : undefined;
  if (kind === undefined) return undefined;
  return { message: `the generation ended with finish_reason ${String(reason)}`, code: String(reason), kind };
}

/** Reads an error body of OpenAI's shape or a near relative; the status is undefined for one told inside a 200. */
export function openaiError(status: number | undefined, body: unknown): ErrorFacts {
  const facts = readErrorBody(status, body);
  // Of text-generation-inference.
  if (facts.type == null && isObject(body) && typeof body['error_type'] === 'string') facts.type = body['error_type'];
  const told = status ?? facts.status;
  const kind =
    (facts.code == null ? undefined : kinds[facts.code]) ?? (facts.type == null ? undefined : kinds[facts.type]);
  const refused = told === undefined || (told >= 400 && told < 500 && told !== 401 && told !== 403 && told !== 429);
  if (refused && !fieldTooLong(facts) && contextTexts.some((text) => text.test(facts.message)))
    facts.kind = 'context_window';
  else if (refused && policyTexts.some((text) => text.test(facts.message))) facts.kind = 'content_policy';
  else if (told === 429 && quotaTexts.some((text) => text.test(facts.message))) facts.kind = 'quota';
  // A status outranks a type that only repeats it loosely; codes that name a cause outrank the status.
  else if (kind !== undefined && (status === undefined || narrows(kind, status))) facts.kind = kind;
  const seconds = told === 429 ? waitIn(facts.message) : undefined;
  if (seconds !== undefined) facts.retry_after = seconds;
  return facts;
}

function narrows(kind: ErrorKind, status: number): boolean {
  if (kind === 'server' || kind === 'bad_request') return false;
  if (kind === 'overloaded') return status >= 500;
  if (kind === 'rate_limit' || kind === 'quota') return status === 429 || status === 402 || status === 403;
  if (kind === 'permission') return status === 403;
  return status >= 400 && status < 500 && status !== 429;
}
