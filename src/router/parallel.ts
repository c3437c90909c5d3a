/** One question to several groups: all answers, or the fastest. */
import { BadRequestError } from '../core/errors.js';
import type { Endpoint, Input, JsonObject, Output, Runner, StreamOf } from '../core/spec.js';

/** `models`, or a list with commas in `model`. */
function split(input: JsonObject): { models: string[]; rest: JsonObject } {
  const { model, models, ...rest } = input;
  const given = Array.isArray(models) ? (models as string[]) : String(model ?? '').split(',');
  const names = given.map((name) => String(name).trim()).filter((name) => name !== '');
  if (names.length === 0) throw new BadRequestError('models: name at least one', { param: 'models' });
  return { models: names, rest };
}

/** An answer or an error for each model, in order. */
export async function batch(runner: Runner, input: JsonObject): Promise<(Output<'chat'> | Error)[]> {
  const { models, rest } = split(input);
  return Promise.all(
    models.map((model) =>
      runner.run('chat', { ...rest, model } as unknown as Input<'chat'>).catch((error: unknown) => error as Error),
    ),
  );
}

/** The first answer; the others are ended. When all fail, the first error counts. */
export async function fastest<E extends Endpoint>(runner: Runner, endpoint: E, input: JsonObject): Promise<Output<E>> {
  const { models, rest } = split(input);
  const outer = rest['signal'] as AbortSignal | undefined;
  const controllers = models.map(() => new AbortController());
  const end = (): void => controllers.forEach((controller) => controller.abort(outer?.reason));
  if (outer?.aborted === true) end();
  outer?.addEventListener('abort', end, { once: true });
  const release = (): void => outer?.removeEventListener('abort', end);
  try {
    const first = await new Promise<Output<E>>((resolve, reject) => {
      let failed = 0;
      let won = false;
      let error: unknown;
      models.forEach((model, at) => {
        const signal = (controllers[at] as AbortController).signal;
        runner.run(endpoint, { ...rest, model, signal } as unknown as Input<E>).then(
          (output) => {
            if (won) return;
            won = true;
            resolve(output);
            controllers.forEach((controller, other) => other !== at && controller.abort());
          },
          (reason: unknown) => {
            error ??= reason;
            if (++failed === models.length) reject(error);
          },
        );
      });
    });
    // The caller's signal ends a stream, too, as long as it runs.
    if (isStream(first)) void first.finished().then(release);
    else release();
    return first;
  } catch (error) {
    release();
    throw error;
  }
}

const isStream = <E extends Endpoint>(output: Output<E>): output is StreamOf<E> & Output<E> =>
  typeof (output as { finished?: unknown }).finished === 'function';
