/**
 * Log probabilities. Sources: https://platform.openai.com/docs/api-reference/chat/object; lists side by side:
 * https://docs.together.ai/docs/logprobs, https://docs.fireworks.ai/guides/querying-text-models
 */
import type { JsonObject } from '../../src/core/spec.js';
import type { Logprobs, TokenLogprob } from '../../src/types/chat.js';
import { isObject } from './answer.js';

const number = (value: unknown): number => (typeof value === 'number' ? value : 0);

function fill(entry: JsonObject): void {
  if (!Array.isArray(entry['bytes'])) entry['bytes'] = null;
  const top = entry['top_logprobs'];
  if (!Array.isArray(top)) entry['top_logprobs'] = [];
  else for (const other of top) if (isObject(other) && !Array.isArray(other['bytes'])) other['bytes'] = null;
}

function list(given: unknown): TokenLogprob[] | null {
  if (!Array.isArray(given)) return null;
  for (const entry of given) if (isObject(entry)) fill(entry);
  return given as TokenLogprob[];
}

/** Tokens, their probabilities, and of each the most likely ones by token. */
function sideBySide(tokens: readonly unknown[], { token_logprobs: values, top_logprobs: tops }: JsonObject): Logprobs {
  const content = tokens.map((token, at) => {
    const top: unknown = Array.isArray(tops) ? tops[at] : undefined;
    return {
      token: String(token),
      bytes: null,
      logprob: number(Array.isArray(values) ? values[at] : undefined),
      top_logprobs: Object.entries(isObject(top) ? top : {}).map(([other, logprob]) => ({
        token: other,
        bytes: null,
        logprob: number(logprob),
      })),
    };
  });
  return { content, refusal: null };
}

/** Whether they come in OpenAI's own form, which is mended in place. */
export const isOwnForm = (raw: unknown): raw is JsonObject =>
  isObject(raw) && ('content' in raw || 'refusal' in raw) && !Array.isArray(raw['tokens']);

/** In OpenAI's form; `text` is what they are of, where they are one number. */
export function readLogprobs(raw: unknown, text: unknown): Logprobs | null {
  if (isOwnForm(raw)) {
    raw['content'] = list(raw['content']);
    raw['refusal'] = list(raw['refusal']);
    const empty = raw['content'] === null && raw['refusal'] === null;
    return empty ? null : (raw as unknown as Logprobs);
  }
  if (typeof raw === 'number')
    return typeof text === 'string' && text !== '' ? sideBySide([text], { token_logprobs: [raw] }) : null;
  if (Array.isArray(raw)) return raw.some(isObject) ? { content: list(raw.filter(isObject)), refusal: null } : null;
  return isObject(raw) && Array.isArray(raw['tokens']) ? sideBySide(raw['tokens'] as unknown[], raw) : null;
}
