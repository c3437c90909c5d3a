/** Requests and tokens a minute: reserved before a call, settled after it; and what providers say is left. */
import type { Count, Counted, Store } from '../core/spec.js';
import type { Member } from './fleet.js';

const minute = 60;
/** How long the store is left alone after a failure, in milliseconds. */
const pause = 1000;

/** What a call holds of a deployment's limits. */
export interface Reservation {
  /** The counter of tokens, and how many were taken from it. */
  tokenKey: string | undefined;
  tokens: number;
  /** The counter of requests. */
  requestKey: string | undefined;
}

export interface Refused {
  reason: string;
  /** Seconds. */
  retry_after: number;
  limit: true;
}

type Limited = Count & { limit: number; window: number };

/** What a call counts for in a deployment's minute: requests, then tokens. */
function countsOf({ id, rpm, tpm }: Member, tokens: number): Limited[] {
  const counts: Limited[] = [];
  if (rpm !== undefined) counts.push({ key: `rate:${id}:requests`, by: 1, limit: rpm, window: minute });
  // A call larger than the whole minute would never run: it takes all there is.
  if (tpm !== undefined)
    counts.push({ key: `rate:${id}:tokens`, by: Math.min(tokens, tpm), limit: tpm, window: minute });
  return counts;
}

function refusal({ key, limit }: Limited, retry_after: number): Refused {
  const what = key.endsWith('requests') ? 'rpm' : 'tpm';
  return { reason: `its limit of ${what} ${limit} is reached`, retry_after, limit: true };
}

export class RateLimits {
  readonly #store: Store;
  readonly #now: () => number;
  readonly #failed: (error: unknown) => void;
  /** What providers told: nothing is left until then. */
  readonly #told = new Map<string, number>();
  #quietUntil = 0;

  constructor(store: Store, now: () => number, failed: (error: unknown) => void) {
    this.#store = store;
    this.#now = now;
    this.#failed = failed;
  }

  /** Takes one request and the tokens from the minute's limits, or says when there is room. */
  async reserve(member: Member, tokens: number): Promise<Reservation | Refused> {
    const counts = countsOf(member, tokens);
    const counted = counts.length === 0 ? undefined : await this.#count(() => this.#store.count(counts));
    if (counted !== undefined && !counted.ok)
      return refusal(counts[counted.over ?? 0] as Limited, counted.retry_after ?? minute);
    const { rpm, tpm } = member;
    return {
      tokenKey: tpm === undefined ? undefined : counted?.keys.at(-1),
      tokens: tpm === undefined ? 0 : (counts.at(-1) as Limited).by,
      requestKey: rpm === undefined ? undefined : counted?.keys[0],
    };
  }

  /** Gives back what was reserved for a call that was not made. */
  async cancel(reservation: Reservation): Promise<void> {
    const { requestKey } = reservation;
    if (requestKey !== undefined)
      await this.#count(() => this.#store.count([{ key: requestKey, by: -1, ttl: 2 * minute }]));
    await this.settle(reservation, 0);
  }

  /** What a call did use, in place of what was reserved: tokens, if they are known, and requests. */
  async settle({ tokenKey, tokens, requestKey }: Reservation, used: number | undefined, requests = 1): Promise<void> {
    const counts: Count[] = [];
    if (tokenKey !== undefined && used !== undefined && used !== tokens)
      counts.push({ key: tokenKey, by: used - tokens, ttl: 2 * minute });
    if (requestKey !== undefined && requests > 1) counts.push({ key: requestKey, by: requests - 1, ttl: 2 * minute });
    if (counts.length > 0) await this.#count(() => this.#store.count(counts));
  }

  /** Whether there is room in the minute, without taking any. */
  async room(member: Member, tokens: number): Promise<Refused | undefined> {
    const counts = countsOf(member, tokens);
    const looks = counts.map(({ key, window }) => ({ key, by: 0, window }));
    const counted = looks.length === 0 ? undefined : await this.#count(() => this.#store.count(looks));
    const full = counts.find(({ by, limit }, at) => (counted?.values[at] ?? 0) + by > limit);
    return full && refusal(full, minute - ((this.#now() / 1000) % minute));
  }

  /** A store that is away stops no call. */
  async #count(ask: () => Counted | Promise<Counted>): Promise<Counted | undefined> {
    if (this.#now() < this.#quietUntil) return undefined;
    try {
      return await ask();
    } catch (error) {
      this.#quietUntil = this.#now() + pause;
      this.#failed(error);
      return undefined;
    }
  }

  /** Learns from `x-ratelimit-remaining-…` and `anthropic-ratelimit-…` headers; whether nothing is left. */
  learn(id: string, headers: Readonly<Record<string, string>>): boolean {
    const until = emptyUntil(headers, this.#now());
    if (until !== undefined) this.#told.set(id, until);
    else if (this.#told.size > 0) this.#told.delete(id);
    return until !== undefined;
  }

  /** Seconds until the provider has room again, if it said that nothing is left. */
  told(id: string): number | undefined {
    const until = this.#told.size === 0 ? undefined : this.#told.get(id);
    if (until === undefined) return undefined;
    const left = (until - this.#now()) / 1000;
    if (left > 0) return left;
    this.#told.delete(id);
    return undefined;
  }

  forget(id: string): void {
    this.#told.delete(id);
  }
}

const kinds = [
  ['x-ratelimit-remaining-requests', 'x-ratelimit-reset-requests'],
  ['x-ratelimit-remaining-tokens', 'x-ratelimit-reset-tokens'],
  ['anthropic-ratelimit-requests-remaining', 'anthropic-ratelimit-requests-reset'],
  ['anthropic-ratelimit-tokens-remaining', 'anthropic-ratelimit-tokens-reset'],
] as const;

/** When there is room again, in milliseconds since the epoch, if the headers say that nothing is left now. */
export function emptyUntil(headers: Readonly<Record<string, string>>, now: number): number | undefined {
  let until: number | undefined;
  for (const [remaining, reset] of kinds) {
    const left = headers[remaining];
    if (left === undefined || Number(left) !== 0 || left.trim() === '') continue;
    const seconds = resetIn(headers[reset], now);
    if (seconds !== undefined) until = Math.max(until ?? 0, now + seconds * 1000);
  }
  return until;
}

/** `6m0s`, `1.5s`, `20ms`, a number of seconds, or a date. */
function resetIn(text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined;
  const parts = /^(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?$/.exec(text.trim());
  if (parts !== null && text.trim() !== '') {
    const [, hours = 0, minutes = 0, seconds = 0, ms = 0] = parts.map((part) => Number(part ?? 0));
    return hours * 3600 + minutes * 60 + seconds + ms / 1000;
  }
  const number = Number(text);
  if (Number.isFinite(number)) return number > 1e9 ? number - now / 1000 : number;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : (date - now) / 1000;
}
