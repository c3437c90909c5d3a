/** `strict_lifecycle`: a model past its day is refused before anything is sent. */
import { NotFoundError } from './errors.js';
import type { Environment } from './run.js';
import type { Call } from './spec.js';

/** @throws {NotFoundError} code `model_retired`, if the price list says that the model's last day is over */
export async function refuseRetired({ pricing, now }: Environment, call: Call): Promise<void> {
  const { llm_provider, model } = call;
  const day = (await pricing?.load())?.retired(llm_provider, model);
  if (day === undefined || day > new Date(now()).toISOString().slice(0, 10)) return;
  throw new NotFoundError(
    `model: ${llm_provider}/${model} was to be retired on ${day}; use a newer one, or leave strict_lifecycle out`,
    { param: 'model', code: 'model_retired', llm_provider, model },
  );
}
