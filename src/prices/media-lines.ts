/** What is not billed by tokens alone: rerank units, images, speech, transcripts, videos, pages. */
import type { Bill } from './lines.js';
import type { ProviderRules } from './provider-rules.js';
import { isFields, type Quantities } from './quantities.js';
import type { Rate, RateCard } from './rates.js';

type Fields = Readonly<Record<string, unknown>>;

/** What a caller may say of such a call. */
export interface MediaFacts {
  /** The text spoken or drawn from. */
  prompt?: string | undefined;
  n?: number | undefined;
  /** `1024x1024` or `1024-x-1024`. */
  size?: string | undefined;
  quality?: string | undefined;
  /** Seconds. */
  duration?: number | undefined;
}

const positive = (value: unknown): number => (typeof value === 'number' && value > 0 ? value : 0);
const lengthOf = (value: unknown): number => (Array.isArray(value) ? value.length : 0);

function plain(card: RateCard, ...fields: string[]): Rate | undefined {
  for (const field of fields) {
    const value = card.plain(field);
    if (value !== undefined) return { value, field };
  }
  return undefined;
}

/** Search units or tokens, whichever the row prices; a whole request counts as one unit where nothing is told. */
export function addRerank(bill: Bill, card: RateCard, answer: Fields | undefined, used: Quantities): void {
  const meta = isFields(answer?.['meta']) ? answer['meta'] : {};
  const billed = isFields(meta['billed_units']) ? meta['billed_units'] : {};
  const counted = isFields(meta['tokens']) ? meta['tokens'] : {};
  const tokens =
    positive(billed['total_tokens']) ||
    positive(billed['input_tokens']) ||
    positive(counted['input_tokens']) ||
    used.prompt;
  const units = positive(billed['search_units']);
  const perQuery = plain(card, 'input_cost_per_query');
  if (perQuery !== undefined && units > 0) bill.add('queries', units, 'query', perQuery);
  else if (tokens > 0 && card.rate('input_cost_per_token') !== undefined)
    bill.add('input', tokens, 'token', card.rate('input_cost_per_token'));
  else bill.unpriced.push('queries');
}

/** Pictures by the piece, by pixels, or by the tokens they were made of; whether the input's tokens are to be billed, too. */
export function addImages(
  bill: Bill,
  card: RateCard,
  answer: Fields | undefined,
  facts: MediaFacts,
  used: Quantities,
): boolean {
  const pieces = facts.n ?? (lengthOf(answer?.['data']) || 1);
  const byTokens = used.prompt + used.completion > 0 && card.rate('output_cost_per_image_token') !== undefined;
  if (byTokens) {
    // All that an image model puts out is image unless it says otherwise.
    const spoken = used.image_out > 0 ? used.completion - used.image_out : 0;
    bill.add('image_output', used.completion - spoken, 'token', card.rate('output_cost_per_image_token'));
    bill.add('output', spoken, 'token', card.rate('output_cost_per_token'));
    return true;
  }
  const [width = 0, height = 0] = sizeOf(facts.size);
  const perPixel = plainPositive(card, 'input_cost_per_pixel') ?? plainPositive(card, 'output_cost_per_pixel');
  const perImage =
    plain(card, ...resolutionFields(width, height)) ?? plain(card, 'output_cost_per_image', 'input_cost_per_image');
  if (perPixel !== undefined && perImage === undefined)
    bill.add('pixels', pieces * (width || 1024) * (height || 1024), 'pixel', perPixel);
  else if (perImage === undefined && used.prompt + used.completion > 0) {
    bill.add('output', used.completion, 'token', card.rate('output_cost_per_token'));
    return true;
  } else bill.add('images', pieces, 'image', perImage);
  return false;
}

function plainPositive(card: RateCard, field: string): Rate | undefined {
  const value = card.plain(field);
  return value === undefined || value === 0 ? undefined : { value, field };
}

/** `1024x1536`, `1024-x-1536` or `1024*1536`. */
export function sizeOf(size: string | undefined): number[] {
  const found = size === undefined ? null : /^(\d+)(?:-?x-?|\*)(\d+)$/i.exec(size);
  return found === null ? [] : [Number(found[1]), Number(found[2])];
}

/** Fields for a resolution: by the longer side (`_1024`), or by its class (`_1K`). */
function resolutionFields(width: number, height: number): string[] {
  const longer = Math.max(width, height);
  if (longer === 0) return [];
  const named = longer <= 512 ? '0.5K' : longer <= 1024 ? '1K' : longer <= 2048 ? '2K' : '4K';
  return [`output_cost_per_image_${longer}`, `output_cost_per_image_${named}`];
}

/** Speech: by the characters spoken, or by the seconds heard. */
export function addSpeech(bill: Bill, card: RateCard, facts: MediaFacts, rules: ProviderRules): void {
  const { prompt = '' } = facts;
  const perCharacter = plain(card, 'input_cost_per_character');
  // Whether blanks are billed differs by provider; where it is not documented the cost of a text with blanks is unknown.
  const known = rules.blanks_billed === true || !/\s/.test(prompt);
  if (perCharacter !== undefined)
    bill.add('characters', [...prompt].length, 'character', known ? perCharacter : undefined);
  else
    bill.add('seconds', facts.duration ?? 0, 'second', plain(card, 'output_cost_per_second', 'input_cost_per_second'));
}

/** Transcripts: by the seconds of sound. */
export function addTranscript(bill: Bill, card: RateCard, answer: Fields | undefined, facts: MediaFacts): void {
  const usage = isFields(answer?.['usage']) ? answer['usage'] : {};
  const seconds = facts.duration ?? (positive(answer?.['duration']) || positive(usage['seconds']));
  const rate = plainPositive(card, 'input_cost_per_second') ?? plainPositive(card, 'input_cost_per_audio_per_second');
  // Some rows give the one price under both names.
  bill.add('seconds', seconds, 'second', rate ?? plainPositive(card, 'output_cost_per_second'));
  if (seconds === 0) bill.unpriced.push('seconds');
}

/** Videos: by the second, at the price of the resolution. */
export function addVideo(bill: Bill, card: RateCard, answer: Fields | undefined, facts: MediaFacts): void {
  const usage = isFields(answer?.['usage']) ? answer['usage'] : {};
  const told = answer?.['seconds'];
  const seconds = positive(usage['duration_seconds']) || facts.duration || positive(Number(told));
  const resolution = usage['video_resolution'] ?? usage['resolution'];
  const [width = 0, height = 0] = sizeOf(facts.size);
  const lines = Math.min(width, height);
  const named = typeof resolution === 'string' ? resolution.toLowerCase() : lines > 0 ? `${lines}p` : undefined;
  const fields = ['output_cost_per_video_per_second', 'output_cost_per_second'];
  bill.add(
    'seconds',
    seconds,
    'second',
    plain(card, ...(named === undefined ? [] : [`output_cost_per_second_${named}`]), ...fields),
  );
  if (seconds === 0) bill.unpriced.push('seconds');
}

/** Documents read: by the page, annotated pages at their own price. */
export function addPages(bill: Bill, card: RateCard, answer: Fields | undefined): void {
  const info = isFields(answer?.['usage_info']) ? answer['usage_info'] : {};
  const pages = positive(info['pages_processed']) || lengthOf(answer?.['pages']);
  const annotated = positive(info['pages_processed_annotation']);
  const credits = positive(info['credits']) || positive(info['credits_used']);
  const perCredit = plain(card, 'ocr_cost_per_credit');
  const perPage = card.rate('ocr_cost_per_page');
  if (perPage === undefined && perCredit !== undefined) bill.add('credits', credits, 'credit', perCredit);
  else bill.add('pages', pages, 'page', perPage);
  bill.add('annotated_pages', annotated, 'page', card.rate('annotation_cost_per_page'));
  if (pages + annotated + credits === 0) bill.unpriced.push('pages');
}
