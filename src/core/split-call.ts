/** A call beyond the provider's batch limit: made in parts, put together again. */
import type { ResolvedCall } from './call.js';
import type { Pricing } from './pricing.js';
import { finish, type Shared } from './run.js';
import type { Answered, Endpoint, Output, Params, Result } from './spec.js';

/** How many parts of a split call are under way at once. */
const splitConcurrency = 4;

/** Its parts, some at a time, put together in order. */
export async function splitCall<E extends Endpoint>(
  run: Shared<E>,
  parts: Params<E>[],
  send: (part: ResolvedCall<E>) => Promise<Output<E>>,
): Promise<Answered<Result<E>>> {
  const { call } = run;
  const results: Result<E>[] = [];
  let next = 0;
  let failed: { error: unknown } | undefined;
  const worker = async (): Promise<void> => {
    while (next < parts.length && failed === undefined) {
      const index = next++;
      try {
        results[index] = (await send(call.with(parts[index] as Params<E>))) as Result<E>;
      } catch (error) {
        if (failed !== undefined) return;
        failed = { error };
        // The other parts are worth nothing now.
        run.limits.leave();
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(splitConcurrency, parts.length) }, worker));
  if (failed !== undefined) throw failed.error;
  const merged = (call.transformer.merge as NonNullable<typeof call.transformer.merge>)(results, call);
  let pricing: Pricing | undefined;
  try {
    pricing = await run.environment.pricing?.load();
  } catch {
    // Prices that cannot be loaded must not spoil the answer.
  }
  return finish(run, merged, {}, pricing);
}
