/** What holds for the usage of every answer, whoever gave it. */
import { readUsage } from '../../src/prices/quantities.js';

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const count = (value: unknown): number => (typeof value === 'number' ? value : 0);
const sum = (of: Fields, names: readonly string[]): number => names.reduce((total, name) => total + count(of[name]), 0);

/** What a vendor's wire tells beside the sum that it should be in, or beyond it. */
export type Beside = 'cached' | 'media' | 'reasoning';

const kinds = ['text_tokens', 'audio_tokens', 'image_tokens', 'video_tokens'] as const;

/** The rules that a usage breaks, in words; none for one that is sound. */
export function brokenRules(usage: unknown, beside: readonly Beside[] = []): string[] {
  if (!isFields(usage)) return ['no usage'];
  const broken: string[] = [];
  const demand = (holds: boolean, rule: string): void => {
    if (!holds) broken.push(`${rule}: ${JSON.stringify(usage)}`);
  };
  const prompt = usage['prompt_tokens'];
  const completion = usage['completion_tokens'] ?? 0;
  const total = usage['total_tokens'];
  for (const [name, value] of Object.entries({ prompt, completion, total }))
    demand(typeof value === 'number' && Number.isInteger(value) && value >= 0, `${name} is a count`);
  demand(total === count(prompt) + count(completion), 'the total is the sum');

  const input = isFields(usage['prompt_tokens_details']) ? usage['prompt_tokens_details'] : {};
  const output = isFields(usage['completion_tokens_details']) ? usage['completion_tokens_details'] : {};
  const within = (of: Fields, names: readonly string[], most: unknown): void =>
    demand(sum(of, names) <= count(most), `${names.join(' + ')} within their sum`);
  if (!beside.includes('cached')) within(input, ['cached_tokens', 'cache_creation_tokens'], prompt);
  if (!beside.includes('media')) within(input, kinds, prompt);
  if (!beside.includes('reasoning')) within(output, ['reasoning_tokens'], completion);
  within(output, kinds, completion);
  const lives = input['cache_creation_token_details'];
  if (isFields(lives)) within(lives, Object.keys(lives), input['cache_creation_tokens']);
  const cached = input['cached_tokens_details'];
  if (isFields(cached)) within(cached, kinds, input['cached_tokens']);
  for (const [name, value] of [...Object.entries(input), ...Object.entries(output)])
    demand(value !== null && (typeof value !== 'number' || value >= 0), `${name} is a count or absent`);
  return broken;
}

/** The same of what costs are made out from; here no vendor may do otherwise. */
export function brokenCounts(usage: object): string[] {
  const used = readUsage({ ...usage });
  const { prompt, completion, cached, cached_audio, cached_image, written, written_1h, written_12h } = used;
  const cache = cached + cached_audio + cached_image + written + written_1h + written_12h;
  const broken: string[] = [];
  if (cache > prompt) broken.push(`${cache} cached of ${prompt}`);
  const media = used.audio_in + used.image_in + used.video_in;
  if (media > prompt) broken.push(`${media} of media of ${prompt}`);
  if (used.reasoning > completion) broken.push(`${used.reasoning} thought of ${completion}`);
  return broken.map((rule) => `${rule}: ${JSON.stringify(usage)}`);
}
