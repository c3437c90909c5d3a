/** Fees for what a provider does beside the model: searches, maps, file search, code interpreter sessions. */
import type { Bill } from './lines.js';
import type { ProviderRules } from './provider-rules.js';
import { isFields, type Quantities } from './quantities.js';
import type { RateCard } from './rates.js';
import type { PriceTable } from './table.js';

/** What the caller knows of the tools used, under LiteLLM's names. */
export interface BuiltInTools {
  /** `{ search_context_size: 'low' | 'medium' | 'high' }`. */
  web_search_options?: unknown;
  file_search?: unknown;
  code_interpreter_sessions?: number;
}

type Fields = Readonly<Record<string, unknown>>;

export interface ToolUse {
  searches: number;
  maps: number;
  files: number;
  sessions: number;
  size: string;
}

const none: readonly Fields[] = [];
const itemsOf = (value: unknown): readonly Fields[] =>
  Array.isArray(value) ? (value as unknown[]).filter(isFields) : none;

/** The calls of tools that an answer shows, in chat's and in the Responses API's shape. */
export function readTools(
  answer: Fields | undefined,
  row: Fields,
  used: Quantities,
  given: BuiltInTools,
  rules: ProviderRules,
): ToolUse {
  let calls = 0;
  let files = 0;
  let containers: Set<unknown> | undefined;
  for (const item of itemsOf(answer?.['output'])) {
    if (item['type'] === 'web_search_call' && !opensPage(item)) calls++;
    else if (item['type'] === 'file_search_call') files++;
    else if (item['type'] === 'code_interpreter_call')
      (containers ??= new Set()).add(item['container_id'] ?? item['id']);
  }
  const cited = rules.searches_told === true ? 0 : citedAnswers(answer);
  const asked = isFields(given.web_search_options) ? given.web_search_options['search_context_size'] : undefined;
  const size = used.search_size ?? asked;
  const perPrompt = rules.search_per_prompt === true && row['web_search_billing_unit'] !== 'per_query';
  const grounded = perPrompt ? Math.min(used.grounding_searches, 1) : used.grounding_searches;
  return {
    searches: used.web_searches || grounded || calls || cited,
    maps: used.maps_queries,
    files: files || (given.file_search === undefined || given.file_search === null ? 0 : 1),
    sessions: given.code_interpreter_sessions ?? containers?.size ?? 0,
    size: typeof size === 'string' ? size : 'medium',
  };
}

/** How many of an answer's choices cite pages. */
function citedAnswers(answer: Fields | undefined): number {
  let cited = 0;
  for (const { message } of itemsOf(answer?.['choices'])) {
    const notes = isFields(message) ? message['annotations'] : undefined;
    if (itemsOf(notes).some((note) => note['type'] === 'url_citation')) cited++;
  }
  return cited;
}

/** Opening a page that was found, or looking for a word in it, is no search of its own. */
function opensPage(item: Fields): boolean {
  const { action } = item;
  return (
    isFields(action) &&
    (action['type'] === 'open_page' || action['type'] === 'find' || action['type'] === 'find_in_page')
  );
}

export function addTools(
  bill: Bill,
  card: RateCard,
  row: Fields,
  use: ToolUse,
  rules: ProviderRules,
  table: PriceTable,
): void {
  if (use.searches > 0) {
    const prices = row['search_context_cost_per_query'];
    const field = `search_context_size_${use.size}`;
    const price = isFields(prices) ? (prices[field] ?? prices['search_context_size_medium']) : undefined;
    bill.add(
      'web_search',
      use.searches,
      'query',
      typeof price === 'number' ? { value: price, field: `search_context_cost_per_query.${field}` } : undefined,
    );
  }
  if (use.maps > 0) bill.add('maps', use.maps, 'query', plainRate(card, 'google_maps_grounding_cost_per_query'));
  if (use.files > 0) {
    const own = card.plain('file_search_cost_per_1k_calls');
    const value = own === undefined ? rules.file_search : own / 1000;
    if (value !== undefined)
      bill.add('file_search', use.files, 'call', { value, field: 'file_search_cost_per_1k_calls' });
    else bill.assumed = true;
  }
  if (use.sessions > 0) {
    const field = 'code_interpreter_cost_per_session';
    const shared = rules.container === undefined ? undefined : table.get(rules.container)?.[field];
    const value = card.plain(field) ?? (typeof shared === 'number' ? shared : undefined);
    bill.add('code_interpreter', use.sessions, 'session', value === undefined ? undefined : { value, field });
  }
}

function plainRate(card: RateCard, field: string): { value: number; field: string } | undefined {
  const value = card.plain(field);
  return value === undefined ? undefined : { value, field };
}
