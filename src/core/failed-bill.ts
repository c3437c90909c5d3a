/** What an attempt may have cost that was ended before its answer came: at least its input was read. */
import { estimateUsage } from './estimate.js';
import type { PricingSource } from './pricing.js';
import { bill, hiddenParams, type Shared } from './run.js';
import type { AttemptRow, Endpoint, JsonObject, Result } from './spec.js';

/** Never rejects. */
export async function billFailed<E extends Endpoint>(
  run: Shared<E>,
  row: AttemptRow,
  source: PricingSource | undefined,
): Promise<void> {
  try {
    const usage = estimateUsage(run.call.params, {});
    const result = { usage } as JsonObject as unknown as Result<E>;
    bill(run, hiddenParams(run, {}), row, result, await source?.load());
  } catch {
    // Without prices the cost stays unknown.
  }
}
