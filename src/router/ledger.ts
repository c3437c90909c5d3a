/** One row for each request of a routed call, in the order in which they were sent. */
import type { AttemptRow, HiddenParams, JsonObject } from '../core/spec.js';
import type { Used } from './counters.js';
import type { Events } from './events.js';
import type { Member } from './fleet.js';

/** Enters rows of requests to a deployment. */
export function enter(ledger: AttemptRow[], member: Member, rows: readonly AttemptRow[], events: Events): void {
  for (const row of rows) {
    row.deployment = member.id;
    // Of two requests under way at once the later may end first.
    const at = ledger.findLastIndex(({ start }) => start <= row.start) + 1;
    if (at === ledger.length) ledger.push(row);
    else ledger.splice(at, 0, row);
    events.emit({ type: 'attempt', deployment: member.id, model_name: member.model_name, row });
  }
}

/** What other requests cost is part of the call's cost, whenever it becomes known. */
export function addCosts(hidden: HiddenParams, rows: readonly AttemptRow[]): void {
  let own = hidden.response_cost;
  Object.defineProperty(hidden, 'response_cost', {
    get: () =>
      own === null
        ? null
        : hidden.attempts.reduce((sum, row) => (rows.includes(row) ? sum : sum + (row.cost ?? 0)), own),
    set: (value: number | null) => {
      own = value;
    },
    enumerable: true,
    configurable: true,
  });
}

const numberOf = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

/** What the requests of one attempt used; undefined tokens were not told. */
export function usedBy(rows: readonly AttemptRow[]): Used & { told: boolean } {
  const used = { requests: rows.length, output: 0, tokens: 0, told: false };
  for (const { usage } of rows) {
    if (typeof usage !== 'object' || usage === null) continue;
    const { completion_tokens, prompt_tokens, total_tokens } = usage as JsonObject;
    const output = numberOf(completion_tokens) ?? 0;
    used.told = true;
    used.output += output;
    used.tokens += numberOf(total_tokens) ?? output + (numberOf(prompt_tokens) ?? 0);
  }
  return used;
}
