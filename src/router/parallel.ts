/** One question to several groups: all answers, or the fastest. */
import { BadRequestError, CallmError } from '../core/errors.js';
import type { AttemptRow, Endpoint, HiddenParams, Input, JsonObject, Output, Runner } from '../core/spec.js';
import { race } from './race.js';

/** `models`, or a list with commas in `model`. */
function split(input: JsonObject | undefined): { models: string[]; rest: JsonObject } {
  const { model, models, ...rest } = input ?? {};
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

/** The first answer; the others are ended, and stand in its ledger. When all fail, the first error counts. */
export async function fastest<E extends Endpoint>(runner: Runner, endpoint: E, input: JsonObject): Promise<Output<E>> {
  const { models, rest } = split(input);
  const lost: AttemptRow[] = [];
  try {
    const output = await race<Output<E>>((rest['signal'] ?? undefined) as AbortSignal | undefined, (run) => {
      for (const model of models)
        run((signal) => runner.run(endpoint, { ...rest, model, signal } as unknown as Input<E>)).catch(
          (error: unknown) => lost.push(...(CallmError.is(error) ? error.attempts : [])),
        );
    });
    const attempts = (output as { _hidden_params?: HiddenParams })._hidden_params?.attempts;
    attempts?.push(...lost);
    attempts?.sort((a, b) => a.start - b.start);
    return output;
  } catch (error) {
    if (CallmError.is(error)) error.attempts = lost.toSorted((a, b) => a.start - b.start);
    throw error;
  }
}
