/** Usage for the cost of texts: their tokens are counted. */
import type { CostInput } from './cost-input.js';

/** Counts tokens for costs of calls whose usage is not known. */
export type Counter = (input: { model: string; text?: string; messages?: never }) => Promise<number>;

const spoken = /speech|transcription|image|video|ocr|rerank/;

/** The call with the usage that its texts come to, where neither usage nor an answer tells one. */
export async function withUsage(input: CostInput, count: Counter): Promise<CostInput> {
  if (typeof input !== 'object' || input === null || (input.usage ?? undefined) !== undefined) return input;
  const { model, messages, prompt, completion, call_type, completion_response: answer } = input;
  const told = (answer as { usage?: unknown } | undefined | null)?.usage ?? undefined;
  if (told !== undefined || typeof model !== 'string' || spoken.test(String(call_type))) return input;
  const asked = Array.isArray(messages) && messages.length > 0;
  if (!asked && typeof prompt !== 'string' && typeof completion !== 'string') return input;
  const tokens = (text: unknown): Promise<number> | number =>
    typeof text === 'string' && text !== '' ? count({ model, text }) : 0;
  const prompt_tokens = await (asked ? count({ model, messages: messages as never }) : tokens(prompt));
  const completion_tokens = await tokens(completion);
  const total_tokens = prompt_tokens + completion_tokens;
  return { ...input, usage: { prompt_tokens, completion_tokens, total_tokens, estimated: true } };
}
