/** The ways to pick a deployment. Pure and synchronous; chance and time come with the context. */
import type { Deployment, RouteContext, Strategy, StrategyName } from './types.js';

const uniform = (candidates: readonly Deployment[], { random }: RouteContext): Deployment | undefined =>
  candidates[Math.min(Math.floor(random() * candidates.length), candidates.length - 1)];

/** The candidates with the least figure, within a share above it. */
function least(
  candidates: readonly Deployment[],
  figure: (deployment: Deployment) => number,
  buffer = 0,
): Deployment[] {
  let lowest = Infinity;
  const figures = candidates.map((candidate) => {
    const value = figure(candidate);
    if (value < lowest) lowest = value;
    return value;
  });
  return candidates.filter((_, at) => (figures[at] as number) <= lowest * (1 + buffer));
}

/** By `weight`, else `rpm`, else `tpm`, whichever any candidate has; without any, evenly. Nothing means no share. */
export const simpleShuffle: Strategy = (candidates, _stats, context) => {
  for (const field of ['weight', 'rpm', 'tpm'] as const) {
    if (!candidates.some((candidate) => candidate[field] !== undefined)) continue;
    const total = candidates.reduce((sum, candidate) => sum + (candidate[field] ?? 0), 0);
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
  uniform(
    least(candidates, (candidate) => stats(candidate).in_flight),
    context,
  );

/** Untried deployments first; streams by their first token, other calls by seconds per output token. */
export const latencyBased: Strategy = (candidates, stats, context) => {
  const { lowest_latency_buffer: buffer } = context.args as { lowest_latency_buffer?: number };
  const figure = (candidate: Deployment): number =>
    context.stream ? stats(candidate).first_token || stats(candidate).latency : stats(candidate).latency;
  return uniform(least(candidates, figure, buffer ?? 0), context);
};

/** The fewest tokens this minute, then the fewest requests. */
export const usageBased: Strategy = (candidates, stats, context) =>
  uniform(
    least(
      least(candidates, (candidate) => stats(candidate).tokens),
      (candidate) => stats(candidate).requests,
    ),
    context,
  );

/** The lowest price of a token in and a token out; unknown prices last. */
export const costBased: Strategy = (candidates, stats, context) =>
  uniform(
    least(candidates, (candidate) => stats(candidate).price ?? Number.MAX_VALUE),
    context,
  );

export const strategies: Readonly<Record<StrategyName, Strategy>> = {
  'simple-shuffle': simpleShuffle,
  'least-busy': leastBusy,
  'latency-based-routing': latencyBased,
  'usage-based-routing': usageBased,
  'usage-based-routing-v2': usageBased,
  'cost-based-routing': costBased,
};
