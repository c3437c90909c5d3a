/** One question to several groups: all answers, or the fastest. */
import type { Endpoint, Input, JsonObject, Output, Runner } from '../core/spec.js';

/** `models`, or a list with commas in `model`. */
function split(input: JsonObject): { models: string[]; rest: JsonObject } {
  const { model, models, ...rest } = input;
  const given = Array.isArray(models) ? (models as string[]) : String(model ?? '').split(',');
  return { models: given.map((name) => name.trim()).filter((name) => name !== ''), rest };
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
  try {
    return await new Promise<Output<E>>((resolve, reject) => {
      let failed = 0;
      let first: unknown;
      models.forEach((model, at) => {
        const signal = (controllers[at] as AbortController).signal;
        runner.run(endpoint, { ...rest, model, signal } as unknown as Input<E>).then(
          (output) => {
            resolve(output);
            controllers.forEach((controller, other) => other !== at && controller.abort());
          },
          (error: unknown) => {
            first ??= error;
            if (++failed === models.length) reject(first as Error);
          },
        );
      });
    });
  } finally {
    outer?.removeEventListener('abort', end);
  }
}
