/** Requests of which the first answer counts and the others are ended. */
import { watch } from '../core/clock.js';

/** Milliseconds for those that lost to end, so that the ledger has them; one that does not listen is not waited for. */
const patience = 50;

interface Leavable {
  finished(): Promise<void>;
  return(): Promise<unknown>;
}

const isStream = (output: unknown): output is Leavable =>
  typeof (output as { finished?: unknown } | null)?.finished === 'function';

/** Starts a request that is ended when another has answered. */
export type Run<T> = (request: (signal: AbortSignal) => Promise<T>) => Promise<T>;

/**
 * The first answer of the requests that `start` makes, at once or later. When all have failed, the first error counts.
 * The caller's signal ends all, also a stream that has won.
 */
export async function race<T>(
  signal: AbortSignal | undefined,
  start: (run: Run<T>, over: () => boolean) => void | Promise<void>,
): Promise<T> {
  const runs: { controller: AbortController; ended: Promise<unknown> }[] = [];
  const endAll = (): void => {
    for (const { controller } of runs) controller.abort(signal?.reason);
  };
  const unwatch = signal === undefined ? () => {} : watch(signal, endAll);
  let held = false;
  try {
    const { output, controller } = await new Promise<{ output: T; controller: AbortController }>((resolve, reject) => {
      let over = false;
      let starting = true;
      let open = 0;
      let failed: { error: unknown } | undefined;
      const judge = (): void => {
        if (starting || open > 0 || over || failed === undefined) return;
        over = true;
        reject(failed.error);
      };
      const run: Run<T> = (request) => {
        const own = new AbortController();
        if (signal?.aborted === true) own.abort(signal.reason);
        open++;
        const answer = request(own.signal);
        const ended = answer.then(
          async (value) => {
            open--;
            if (!over) {
              over = true;
              resolve({ output: value, controller: own });
            } else if (isStream(value)) await value.return();
          },
          (error: unknown) => {
            open--;
            failed ??= { error };
            judge();
          },
        );
        runs.push({ controller: own, ended });
        return answer;
      };
      Promise.resolve(start(run, () => over)).then(
        () => {
          starting = false;
          judge();
        },
        (error: unknown) => {
          starting = false;
          failed ??= { error };
          judge();
        },
      );
    });
    const losers = runs.filter((each) => each.controller !== controller);
    for (const loser of losers) loser.controller.abort(new Error('another deployment answered first'));
    await soon(Promise.all(losers.map(({ ended }) => ended)));
    if (isStream(output)) {
      held = true;
      void output.finished().then(unwatch);
    }
    return output;
  } finally {
    if (!held) unwatch();
  }
}

async function soon(promise: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, patience);
  });
  await Promise.race([promise, late]);
  clearTimeout(timer);
}
