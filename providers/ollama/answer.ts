/** What whole answers and streams have in common. Sources: https://docs.ollama.com/api/chat, …/api/usage */
import type { JsonObject } from '../../src/core/spec.js';
import type {
  FinishReason,
  FunctionToolCall,
  ImageOutput,
  Logprobs,
  TokenLogprob,
  Usage,
} from '../../src/types/chat.js';
import { asText, isObject } from '../shared/messages.js';

const count = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined;

/** Counts of an answer; a prompt that the server had in its cache may have none. */
export function readUsage({ prompt_eval_count, eval_count }: JsonObject): Usage | undefined {
  const input = count(prompt_eval_count);
  const output = count(eval_count);
  if (input === undefined && output === undefined) return undefined;
  return {
    prompt_tokens: input ?? 0,
    completion_tokens: output ?? 0,
    total_tokens: (input ?? 0) + (output ?? 0),
    provider_specific_fields: { usage: { prompt_eval_count, eval_count } },
  };
}

/** The finish reason in OpenAI's words. Ollama has `stop` for answers that call tools. */
export function finishReason(raw: unknown, calls: boolean): FinishReason {
  if (raw === 'length') return 'length';
  return calls ? 'tool_calls' : 'stop';
}

/** Unix seconds of `created_at`; 0 when it tells none. */
export function createdAt(value: unknown): number {
  const time = Date.parse(asText(value));
  return Number.isNaN(time) ? 0 : Math.floor(time / 1000);
}

/** A tool call, `at` its place in the answer. Ids are made of the time of the answer where the server gives none. */
export function readCall(given: JsonObject, at: number, created: unknown): FunctionToolCall {
  const { name, arguments: args } = isObject(given['function']) ? given['function'] : {};
  const made = ['call', asText(created).replace(/\W/g, ''), at].filter((part) => part !== '').join('_');
  return {
    id: asText(given['id']) || made,
    type: 'function',
    function: { name: asText(name), arguments: typeof args === 'string' ? args : JSON.stringify(args ?? {}) },
  };
}

export const callsOf = (message: JsonObject): JsonObject[] =>
  Array.isArray(message['tool_calls']) ? message['tool_calls'].filter(isObject) : [];

/** How the base64 of an image begins, by its type. */
const beginnings: readonly (readonly [string, string])[] = [
  ['/9j/', 'image/jpeg'],
  ['UklGR', 'image/webp'],
  ['R0lGOD', 'image/gif'],
];

export function imagesOf({ images }: JsonObject): ImageOutput[] {
  const list = Array.isArray(images) ? images.filter((image): image is string => typeof image === 'string') : [];
  return list.map((image) => {
    const type = beginnings.find(([start]) => image.startsWith(start))?.[1] ?? 'image/png';
    return { type: 'image_url', image_url: { url: `data:${type};base64,${image}` } };
  });
}

export function readLogprobs(given: unknown): Logprobs | null {
  if (!Array.isArray(given) || given.length === 0) return null;
  const entry = ({ token, logprob, bytes }: JsonObject): Omit<TokenLogprob, 'top_logprobs'> => ({
    token: asText(token),
    bytes: Array.isArray(bytes) ? (bytes as number[]) : null,
    logprob: count(logprob) ?? 0,
  });
  const content = given.filter(isObject).map((item) => {
    const top = item['top_logprobs'];
    return { ...entry(item), top_logprobs: Array.isArray(top) ? top.filter(isObject).map(entry) : [] };
  });
  return { content, refusal: null };
}

const read = new Set([
  'model',
  'created_at',
  'message',
  'done',
  'done_reason',
  'prompt_eval_count',
  'eval_count',
  'logprobs',
]);

/** What else an answer tells: its durations in nanoseconds, the server behind the server. */
export function otherFields(body: JsonObject): JsonObject | undefined {
  const fields = Object.fromEntries(
    Object.entries(body).filter(([name, value]) => !read.has(name) && value !== null && value !== undefined),
  );
  return Object.keys(fields).length === 0 ? undefined : fields;
}
