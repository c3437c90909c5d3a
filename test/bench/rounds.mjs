// Interleaved rounds: in each one every contender works once, in turn, and is compared with what raw undici needed
// in that same round; a noisy moment so falls on all alike. The figure is the median over the rounds.
import { contenders, startWorker } from './processes.mjs';

/** Who takes part on a wire: `callm` says whether it is built, `peers` lists the wires on which peers are wanted. */
export function namesFor(wire, { callm, peers }) {
  return Object.keys(contenders).filter((name) => {
    if (name === 'raw') return true;
    if (name === 'callm') return callm;
    return peers.includes(wire) && contenders[name].wires.includes(wire);
  });
}

/**
 * The named contenders, each in a process of its own, connected to `base` and ready to do a measure's `work`.
 *
 * @param {{ measure: string, wire: string, base: string, names: string[] }} job
 */
export async function enter({ names, ...job }) {
  const workers = new Map();
  const errors = {};
  const attempt = async (name, action) => {
    try {
      return await action();
    } catch (error) {
      errors[name] = { error: error.message };
      workers.get(name)?.stop();
      workers.delete(name);
      return undefined;
    }
  };
  for (const name of names) {
    const worker = await attempt(name, () => startWorker({ ...job, contender: contenders[name].file }));
    if (worker) workers.set(name, worker);
  }
  const turn = async (round, options, seen) => {
    const order = [...workers];
    if (round % 2 === 1) order.reverse();
    for (const [name, worker] of order) {
      const value = await attempt(name, () => worker.round({ ...options, share: contenders[name].share }));
      if (value !== undefined) seen?.(name, value);
    }
  };
  const stop = () => {
    for (const worker of workers.values()) worker.stop();
  };
  return {
    /** Rounds that nobody looks at: they load what loads late and let the compiler finish. */
    async warmUp(rounds, options) {
      for (let round = 0; round < rounds; round++) await turn(round, options);
    },

    /**
     * Per name the `value` (median, in the unit of the work), the `ratio` to raw (median of the rounds' ratios) and
     * its quartiles `low` and `high`; `{ error }` for who failed.
     */
    async compare(rounds, options) {
      const values = Object.fromEntries(names.map((name) => [name, []]));
      for (let round = 0; round < rounds; round++) {
        await turn(round, options, (name, value) => values[name].push(value));
      }
      if (errors.raw) {
        stop();
        throw new Error(`the yardstick failed: ${errors.raw.error}`);
      }
      const results = { ...errors };
      for (const name of workers.keys()) {
        const ratios = values[name].map((value, i) => value / values.raw[i]);
        results[name] = {
          value: median(values[name]),
          ratio: median(ratios),
          low: quantile(ratios, 0.25),
          high: quantile(ratios, 0.75),
        };
      }
      return results;
    },

    stop,
  };
}

export const median = (values) => quantile(values, 0.5);

function quantile(values, q) {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const below = Math.floor(at);
  return sorted[below] + (sorted[Math.ceil(at)] - sorted[below]) * (at - below);
}
