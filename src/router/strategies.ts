/** The ways to pick a deployment. Pure and synchronous; chance and time come with the context. */
import type { Deployment, RouteContext, Strategy, StrategyName } from './types.js';

const place = (count: number, { random }: RouteContext): number => Math.min(Math.floor(random() * count), count - 1);

const uniform = (candidates: readonly Deployment[], context: RouteContext): Deployment | undefined =>
  candidates[place(candidates.length, context)];

/** Where the best stand, while one is picked from them: large groups are looked through without making lists. */
let best = new Uint32Array(1024);

/** One of the candidates with the least figure, and of those with the least second figure. */
function least(
  candidates: readonly Deployment[],
  context: RouteContext,
  figure: (deployment: Deployment) => number,
  second?: (deployment: Deployment) => number,
): Deployment | undefined {
  if (candidates.length > best.length) best = new Uint32Array(candidates.length * 2);
  let lowest = Infinity;
  let lowestSecond = Infinity;
  let count = 0;
  for (let at = 0; at < candidates.length; at++) {
    const candidate = candidates[at] as Deployment;
    const value = figure(candidate);
    if (value > lowest) continue;
    const other = second === undefined ? 0 : second(candidate);
    if (value < lowest || other < lowestSecond) {
      lowest = value;
      lowestSecond = other;
      count = 0;
    } else if (other > lowestSecond) continue;
    best[count++] = at;
  }
  return count === 0 ? undefined : candidates[best[place(count, context)] as number];
}

/** By `weight`, else `rpm`, else `tpm`, whichever any candidate has; without any, evenly. Nothing means no share. */
export const simpleShuffle: Strategy = (candidates, _stats, context) => {
  for (const field of ['weight', 'rpm', 'tpm'] as const) {
    let total: number | undefined;
    for (const candidate of candidates) {
      const share = candidate[field];
      if (share !== undefined) total = (total ?? 0) + share;
    }
    if (total === undefined) continue;
    if (total <= 0) break;
    let at = context.random() * total;
    for (const candidate of candidates) {
      at -= candidate[field] ?? 0;
      if (at < 0) return candidate;
    }
    return candidates.findLast((candidate) => (candidate[field] ?? 0) > 0);
  }
  return uniform(candidates, context);
};

export const leastBusy: Strategy = (candidates, stats, context) =>
  least(candidates, context, (candidate) => stats(candidate).in_flight);

/** Untried deployments first; streams by their first token, other calls by seconds per output token. */
export const latencyBased: Strategy = (candidates, stats, context) => {
  const { lowest_latency_buffer: buffer = 0 } = context.args as { lowest_latency_buffer?: number };
  const figure = (candidate: Deployment): number => {
    const known = stats(candidate);
    return (context.stream && known.first_token) || known.latency;
  };
  const fastest = least(candidates, context, figure);
  if (buffer === 0 || fastest === undefined) return fastest;
  const most = figure(fastest) * (1 + buffer);
  return uniform(
    candidates.filter((candidate) => figure(candidate) <= most),
    context,
  );
};

/** The fewest tokens this minute, then the fewest requests. */
export const usageBased: Strategy = (candidates, stats, context) =>
  least(
    candidates,
    context,
    (candidate) => stats(candidate).tokens,
    (candidate) => stats(candidate).requests,
  );

/** The lowest price of a token in and a token out; unknown prices last. */
export const costBased: Strategy = (candidates, stats, context) =>
  least(candidates, context, (candidate) => stats(candidate).price ?? Number.MAX_VALUE);

export const strategies: Readonly<Record<StrategyName, Strategy>> = {
  'simple-shuffle': simpleShuffle,
  'least-busy': leastBusy,
  'latency-based-routing': latencyBased,
  'usage-based-routing': usageBased,
  'usage-based-routing-v2': usageBased,
  'cost-based-routing': costBased,
};
