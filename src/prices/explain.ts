/** The cost of one call, line by line. Pure: a table of prices and what is known of the call go in. */
import type { PriceRow } from './book.js';
import type { CostExplanation, CostInput } from './cost-input.js';
import { Bill, type CostLine } from './lines.js';
import type { Found, Lookup } from './lookup.js';
import { addImages, addPages, addRerank, addSpeech, addTranscript, addVideo } from './media-lines.js';
import { nativeUsage } from './native-usage.js';
import { placeFactor, times } from './places.js';
import { findPriced, sizeIn } from './priced-row.js';
import { rulesOf } from './provider-rules.js';
import { isFields, readUsage, type Quantities } from './quantities.js';
import { RateCard, tierSuffix } from './rates.js';
import type { PriceTable } from './table.js';
import { addTokens } from './token-lines.js';
import { addTools, readTools } from './tool-lines.js';

type Fields = Readonly<Record<string, unknown>>;

const batchCalls = new Set(['retrieve_batch', 'aretrieve_batch', 'create_batch', 'batch']);
const modes: Readonly<Record<string, string>> = {
  chat: 'chat',
  completion: 'chat',
  responses: 'chat',
  embedding: 'embedding',
  rerank: 'rerank',
  image_generation: 'image',
  image_edit: 'image',
  image_variation: 'image',
  speech: 'speech',
  audio_speech: 'speech',
  transcription: 'transcript',
  audio_transcription: 'transcript',
  create_video: 'video',
  video_generation: 'video',
  ocr: 'ocr',
  search: 'search',
};
/** LiteLLM names the asynchronous forms with an `a` before: `aembedding`. */
const modeOf = (name: string): string | undefined =>
  modes[name] ?? (name.startsWith('a') ? modes[name.slice(1)] : undefined);

/** Price fields a caller gave; they stand in place of the row's. */
const ownPrice =
  /^(?:input|output|cache|explicit_cache)\w*_cost(?:_|$)|^(?:search_context_cost_per_query|ocr_cost_per_page|citation_cost_per_token)$/;
const replacesRow = /^(?:input|output)_cost_per_(?:token|second)$/;

export function explain(table: PriceTable, lookup: Lookup, input: CostInput, now: number): CostExplanation {
  const answer = isFields(input.completion_response) ? input.completion_response : undefined;
  const usage = usageOf(input.usage, answer);
  const reported = reportedCost(usage, answer);
  const computed = compute(table, lookup, input, usage, answer, now);
  if (reported === undefined) return adjusted(computed, input);
  const line: CostLine = {
    kind: 'reported',
    quantity: 1,
    unit: 'usd',
    rate: reported,
    amount: reported,
    rule: 'told by the provider',
  };
  return adjusted({ total: reported, currency: 'USD', lines: [line], model: computed.model, computed }, input);
}

function usageOf(given: unknown, answer: Fields | undefined): Fields {
  for (const usage of [given, answer?.['usage'], answer?.['usageMetadata'], answer])
    if (isFields(usage)) {
      const native = nativeUsage(usage);
      if (native !== undefined) return native;
      if (usage !== answer) return usage;
    }
  return {};
}

/** A usage without any count that is known tells nothing. */
const tellsUsage = (usage: Fields): boolean => Object.keys(usage).some((field) => usageField.test(field));
const usageField = /tokens|_count$|_requests?$|_queries$|seconds|cost|units|server_tool_use|details/;

/** USD, as a number or with its parts (`{ total_cost }`). */
export function reportedCost(usage: Fields, answer?: Fields): number | undefined {
  const hidden = isFields(answer?.['_hidden_params']) ? answer['_hidden_params'] : {};
  // What callm itself made out of prices is no report.
  const told = hidden['response_cost'] === hidden['computed_cost'] ? undefined : hidden['response_cost'];
  const cost = usage['cost'] ?? told;
  if (typeof cost === 'number' && Number.isFinite(cost)) return cost;
  const total = isFields(cost) ? cost['total_cost'] : undefined;
  return typeof total === 'number' && Number.isFinite(total) ? total : undefined;
}

function compute(
  table: PriceTable,
  lookup: Lookup,
  input: CostInput,
  usage: Fields,
  answer: Fields | undefined,
  now: number,
): CostExplanation {
  const called = input.call_type === undefined ? undefined : modeOf(input.call_type);
  const used = readUsage(usage);
  const found = findPriced(lookup, input, answer, called, used.prompt + used.completion > 0);
  const given = ownPrices(input);
  const row = given === undefined ? found?.row : merged(found?.row, given);
  if (row === undefined)
    return {
      total: null,
      currency: 'USD',
      lines: [],
      model: null,
      reason: `there is no price for ${nameOf(input, answer)}`,
    };
  const provider = input.custom_llm_provider ?? row.litellm_provider;
  const rules = rulesOf(provider);
  const served = used.tier ?? textOf(answer?.['service_tier']);
  const card = new RateCard(row, {
    prompt: used.prompt,
    tier: tierSuffix(served ?? input.service_tier),
    batch: input.call_type !== undefined && batchCalls.has(input.call_type),
    at: timeOf(input.current_time, now),
    as_of: input.as_of,
    includes_edge: rules.tier_includes_edge === true,
    multiplier: multiplierOf(row, input, used),
  });
  const bill = new Bill();
  const mode = called ?? modeOf(textOf(row['mode']) ?? '') ?? 'chat';
  addLines(bill, card, row, found?.key ?? '', mode, input, used, answer, table, rules);
  return explained(bill, row, found, usage);
}

function addLines(
  bill: Bill,
  card: RateCard,
  row: PriceRow,
  key: string,
  mode: string,
  input: CostInput,
  used: Quantities,
  answer: Fields | undefined,
  table: PriceTable,
  rules: ReturnType<typeof rulesOf>,
): void {
  const tokens = used.prompt + used.completion > 0;
  switch (mode) {
    case 'rerank':
      addRerank(bill, card, answer, used);
      return;
    case 'image':
      if (!addImages(bill, card, answer, { ...input, size: input.size ?? sizeIn(key) }, used)) return;
      addTokens(bill, card, { ...used, completion: 0, reasoning: 0 }, rules);
      return;
    case 'speech':
      // What was counted in the text to be spoken is no usage.
      if (tokens && !isCounted(input)) addTokens(bill, card, used, rules);
      else addSpeech(bill, card, input, rules);
      return;
    case 'transcript':
      if (tokens && (card.rate('input_cost_per_token') ?? card.rate('input_cost_per_audio_token')) !== undefined)
        addTokens(bill, card, used, rules);
      else addTranscript(bill, card, answer, input);
      return;
    case 'video':
      addVideo(bill, card, answer, input);
      return;
    case 'ocr':
      addPages(bill, card, answer);
      return;
    case 'search':
      addQueries(bill, card, input);
      return;
    case 'embedding':
      addTokens(bill, card, { ...used, completion: 0, reasoning: 0 }, rules);
      return;
    default:
      addTokens(bill, card, used, rules);
      if (mode === 'chat') {
        const tools = readTools(answer, row, used, input.standard_built_in_tools_params ?? {}, rules);
        addTools(bill, card, row, tools, rules, table);
        // Where searches have prices of their own, the fee of a request is that of its search, if it is told.
        const perRequest =
          row['search_context_cost_per_query'] === undefined ? card.plain('input_cost_per_request') : undefined;
        if (perRequest !== undefined)
          bill.add('request', 1, 'request', { value: perRequest, field: 'input_cost_per_request' });
      }
  }
}

function addQueries(bill: Bill, card: RateCard, input: CostInput): void {
  const value = card.plain('input_cost_per_query');
  bill.add(
    'queries',
    input.n ?? 1,
    'query',
    value === undefined ? undefined : { value, field: 'input_cost_per_query' },
  );
}

function explained(bill: Bill, row: PriceRow, found: Found | undefined, usage: Fields): CostExplanation {
  const free = row['free'] === true;
  const { lines, unpriced } = bill;
  const result: CostExplanation = {
    total: free && unpriced.length > 0 && lines.length === 0 ? 0 : bill.total,
    currency: 'USD',
    lines,
    model: found?.key ?? null,
  };
  if (result.total === null) result.reason = `the price list has nothing for: ${[...new Set(unpriced)].join(', ')}`;
  else if (lines.length === 0 && !free && !hasPrice(row)) {
    result.total = null;
    result.reason = 'the price list names the model and no price';
  } else if (lines.length === 0 && !free && !tellsUsage(usage)) {
    result.total = null;
    result.reason = 'no usage is told';
  }
  const { source, checked, conflict } = row;
  if (typeof source === 'string') result.source = source;
  if (typeof checked === 'string') result.checked = checked;
  if (conflict !== undefined) {
    const fields = new Set(lines.map(({ field }) => field));
    // A shipped row has the names of the fields, one that a caller registered may have what each source says.
    const names = Array.isArray(conflict) ? (conflict as string[]) : Object.keys(conflict ?? {});
    const disputed = names.filter((field) => fields.has(field));
    if (disputed.length > 0) result.conflict = disputed;
  }
  if (found?.rule !== undefined) result.rule = found.rule;
  if (bill.assumed) result.assumed = true;
  return result;
}

const priceField = /cost|_pricing$/;
const hasPrice = (row: PriceRow): boolean => Object.keys(row).some((field) => priceField.test(field));

/** Discount and margin are lines too, so that the lines still add up. */
function adjusted(explanation: CostExplanation, input: CostInput): CostExplanation {
  const { cost_discount: discount, cost_margin: margin } = input;
  if ((discount === undefined && margin === undefined) || explanation.total === null) return explanation;
  const lines = [...explanation.lines];
  let total = explanation.total;
  const add = (kind: string, base: number, rate: number, rule: string): void => {
    const amount = base * rate;
    lines.push({ kind, quantity: base, unit: 'usd', rate, amount, rule });
    total += amount;
  };
  if (discount !== undefined && discount !== 0) add('discount', total, -discount, `${discount * 100} % off`);
  const { percentage = 0, fixed_amount = 0 } = typeof margin === 'number' ? { percentage: margin } : (margin ?? {});
  if (percentage !== 0) add('margin', total, percentage, `${percentage * 100} % on top`);
  if (fixed_amount !== 0) add('margin', 1, fixed_amount, 'a fixed amount');
  return { ...explanation, lines, total };
}

function ownPrices(input: CostInput): Record<string, unknown> | undefined {
  let own: Record<string, unknown> | undefined;
  for (const name in input) {
    const value = input[name];
    const price = typeof value === 'number' || name === 'search_context_cost_per_query';
    if (price && value !== undefined && ownPrice.test(name)) (own ??= {})[name] = value;
  }
  const { custom_cost_per_token: custom } = input;
  return isFields(custom) ? { ...own, ...custom } : own;
}

/** Prices per token or second of the caller's own are the whole price; others are changes to the row. */
function merged(row: PriceRow | undefined, own: Record<string, unknown>): PriceRow {
  const whole = Object.keys(own).some((name) => replacesRow.test(name));
  const { litellm_provider = '', mode }: Partial<PriceRow> = row ?? {};
  return whole ? { litellm_provider, mode, ...own } : { litellm_provider, ...row, ...own };
}

/** Where and how fast a call ran: factors on all tokens. */
function multiplierOf(row: PriceRow, input: CostInput, used: Quantities): number {
  const entry = row['provider_specific_entry'];
  const factor = placeFactor(row, input);
  if (!isFields(entry)) return factor;
  return times(times(factor, used.geo && entry[used.geo.toLowerCase()]), used.speed && entry[used.speed]);
}

/** Nothing told the usage: its tokens were counted here. */
const isCounted = ({ usage }: CostInput): boolean => isFields(usage) && usage['estimated'] === true;

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

const nameOf = (input: CostInput, answer: Fields | undefined): string =>
  input.model ?? textOf(answer?.['model']) ?? 'a call without a model';

function timeOf(time: CostInput['current_time'], now: number): number {
  if (time === undefined) return now;
  const value = time instanceof Date ? time.getTime() : typeof time === 'number' ? time : Date.parse(time);
  return Number.isNaN(value) ? now : value;
}
