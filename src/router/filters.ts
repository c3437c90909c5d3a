/** Which members of a group can take a call, and why the others cannot. */
import { worstInputTokens } from '../core/estimate.js';
import type { JsonObject } from '../core/spec.js';
import type { Prices } from '../prices/prices.js';
import type { Member } from './fleet.js';
import type { RouterOptions } from './types.js';

export interface Excluded {
  reason: string;
  /** Seconds, if it passes. */
  retry_after?: number | undefined;
  /** The input is longer than its context window. */
  window?: true;
  /** A limit of its requests or tokens is reached. */
  limit?: true;
}

/** What a call demands of deployments. */
export interface Demands {
  tags: readonly string[];
  regions: readonly string[] | undefined;
  /** Of the input, estimated. */
  tokens: number;
  /** With those that the answer may have, as far as the call says. */
  reserve: number;
  response_format: boolean;
}

const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null;
const none: readonly string[] = [];
const texts = (value: unknown): string[] =>
  (Array.isArray(value) ? (value as unknown[]) : [value]).filter((each) => typeof each === 'string');

export function demandsOf(input: JsonObject): Demands {
  const { metadata, tags, allowed_model_region } = input;
  const noted = isObject(metadata) ? metadata['tags'] : undefined;
  const asked = tags === undefined && noted === undefined ? none : [...texts(tags), ...texts(noted)];
  const regions = allowed_model_region == null ? none : texts(allowed_model_region);
  return new OfInput(input, asked, regions.length === 0 ? undefined : regions);
}

class OfInput implements Demands {
  readonly #input: JsonObject;
  #tokens: number | undefined = undefined;

  constructor(
    input: JsonObject,
    readonly tags: readonly string[],
    readonly regions: readonly string[] | undefined,
  ) {
    this.#input = input;
  }

  get response_format(): boolean {
    return this.#input['response_format'] !== undefined;
  }

  /** Only limits and windows ask for it. */
  get tokens(): number {
    return (this.#tokens ??= Math.ceil(worstInputTokens(this.#input) / 2));
  }

  get reserve(): number {
    const { max_completion_tokens, max_tokens } = this.#input;
    const most = max_completion_tokens ?? max_tokens;
    return this.tokens + (typeof most === 'number' && most > 0 ? most : 0);
  }
}

/** The members whose tags fit; without tags those marked `default`, or all. */
export function byTags(members: readonly Member[], demands: Demands, options: RouterOptions): readonly Member[] {
  if (options.enable_tag_filtering !== true) return members;
  const marked = members.filter(({ tags }) => tags.includes('default'));
  if (demands.tags.length === 0) return marked.length > 0 ? marked : members;
  const fits = (tags: readonly string[]): boolean =>
    options.tag_filtering_match_any === false
      ? demands.tags.every((tag) => tags.includes(tag))
      : demands.tags.some((tag) => tags.includes(tag));
  const fitting = members.filter(({ tags }) => fits(tags));
  return fitting.length > 0 ? fitting : marked;
}

/** What a deployment cannot serve, whenever it is asked. */
export function unfit(
  member: Member,
  demands: Demands,
  options: RouterOptions,
  prices: Prices | undefined,
): Excluded | undefined {
  if (demands.regions !== undefined && (member.region === undefined || !demands.regions.includes(member.region)))
    return { reason: `its region is ${member.region ?? 'not known'}` };
  if (options.enable_pre_call_checks !== true) return undefined;
  const info = prices?.getModelInfo({
    model: member.model,
    ...(member.model_info.base_model !== undefined && { base_model: member.model_info.base_model }),
  });
  const window = member.model_info.max_input_tokens ?? info?.max_input_tokens;
  if (typeof window === 'number' && demands.tokens > window)
    return { reason: `the input of about ${demands.tokens} tokens is more than its ${window}`, window: true };
  if (demands.response_format && info?.supports_response_schema === false)
    return { reason: 'it takes no response_format' };
  return undefined;
}

/** Members without an order come last. */
export const orderOf = ({ order = Infinity }: Member): number => order;

/** The members of the lowest order above one that has had its turn. */
export function byOrder(members: readonly Member[], above = -Infinity): readonly Member[] {
  let lowest = Infinity;
  for (const member of members) {
    const order = orderOf(member);
    if (order > above && order < lowest) lowest = order;
  }
  return members.filter((member) => orderOf(member) === lowest && lowest > above);
}
