/** Which of the candidates a strategy takes. */
import { NoDeploymentError } from '../core/errors.js';
import type { JsonObject } from '../core/spec.js';
import type { Prices } from '../prices/prices.js';
import type { Counters, Moment } from './counters.js';
import type { Member } from './fleet.js';
import type { Deployment, RouteContext, Stats, Strategy } from './types.js';

/** What is picked for. */
export type Asked = Omit<RouteContext, 'random' | 'now' | 'args'>;

export interface Picker {
  strategy: Strategy;
  /** It is a function of the user's. */
  own: boolean;
  args: JsonObject;
  random: () => number;
  moment: Moment;
  prices: Prices | undefined;
}

export function pick(
  candidates: readonly Member[],
  { endpoint, model, stream, tokens }: Asked,
  picker: Picker,
): Member {
  const { strategy, own, args, random, moment, prices } = picker;
  const context: RouteContext = { endpoint, model, stream, tokens, random, now: moment.now, args };
  if (!own) {
    const picked = strategy(candidates, (member) => figures(member as Member, moment, prices), context);
    if (picked !== undefined) return picked as Member;
  }
  // A function of the user's may do what it likes with what it is given.
  const byId = new Map(candidates.map((member) => [member.id, member]));
  const picked = strategy(
    candidates.map(shown),
    ({ id }) => figuresOf(figures(byId.get(id) as Member, moment, prices)),
    context,
  );
  const found = picked === undefined || picked === null ? undefined : byId.get(picked.id);
  if (found === undefined)
    throw new NoDeploymentError('routing_strategy: the function returned no candidate', {
      reasons: Object.fromEntries(candidates.map(({ id }) => [id, 'it was a candidate'])),
    });
  return found;
}

function figures(member: Member, moment: Moment, prices: Prices | undefined): Counters {
  const { counters } = member;
  if (!counters.priced && prices !== undefined) {
    counters.price = pairPrice(prices, member);
    counters.priced = true;
  }
  return counters.turn(moment);
}

/** USD for a token in and a token out; prices of a deployment's own may be none. */
function pairPrice(prices: Prices, { call, model }: Member): number | undefined {
  try {
    const cost = prices.costPerToken({ ...call, model, prompt_tokens: 1, completion_tokens: 1 });
    return cost === null ? undefined : cost[0] + cost[1];
  } catch {
    return undefined;
  }
}

/** A deployment as a function of the user's sees it. */
const shown = ({ id, model_name, model, litellm_params, model_info, rpm, tpm, weight, order }: Member): Deployment =>
  Object.freeze({ id, model_name, model, litellm_params: { ...litellm_params }, model_info: { ...model_info }, rpm, tpm, weight, order }); // prettier-ignore

const figuresOf = (counters: Counters): Stats => {
  const { in_flight, latency, first_token, requests, tokens, failures, price } = counters;
  return { in_flight, latency, first_token, requests, tokens, failures, price };
};
