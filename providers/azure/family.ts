/**
 * What a deployment holds: its name is the customer's, so the family of the model, which decides what parameters it
 * takes, comes from `base_model`, from the routes `o_series/` and `gpt5_series/`, or from a known name within.
 */
import type { Options } from '../../src/core/spec.js';
import { openaiQuirks } from '../openai/index.js';
import type { Quirks } from '../openai/quirks.js';
import { isObject } from '../shared/messages.js';

export interface Deployment {
  deployment: string;
  /** A model's name as OpenAI has it; undefined where nothing tells. */
  family: string | undefined;
}

/** Routes that name a family, and the model that stands for it. */
const routes: readonly { prefix: string; fits: RegExp; family: string }[] = [
  { prefix: 'o_series/', fits: /^o\d/, family: 'o3' },
  { prefix: 'gpt5_series/', fits: /^gpt-(?:[5-9]|\d\d)/, family: 'gpt-5' },
];

const known = /(?:^|[^a-z\d])((?:gpt-|chatgpt-|text-embedding-).*|o\d+(?:-(?:mini|preview|pro|deep|20).*)?$)/;

/** OpenAI's name for a model within another name: `gpt-3.5-turbo` in `eu/my-gpt-35-turbo`. */
export function familyOf(name: string): string | undefined {
  const own = name.slice(name.lastIndexOf('/') + 1).toLowerCase();
  return known.exec(own)?.[1]?.replace(/^gpt-35/, 'gpt-3.5');
}

/** The model that the caller says a deployment holds. */
export function baseModel(options: Options): string | undefined {
  const info = options['model_info'];
  const given = options['base_model'] ?? (isObject(info) ? info['base_model'] : undefined);
  return typeof given === 'string' && given !== '' ? given : undefined;
}

export function readDeployment(model: string, options: Options): Deployment {
  const route = routes.find(({ prefix }) => model.startsWith(prefix));
  const deployment = route === undefined ? model : model.slice(route.prefix.length);
  const base = baseModel(options);
  const named = familyOf(base ?? deployment);
  if (base !== undefined || route === undefined) return { deployment, family: named };
  return { deployment, family: named !== undefined && route.fits.test(named) ? named : route.family };
}

/** The rule for a name, made to match every deployment. */
function fixed<Rule extends { match: RegExp }>(rules: readonly Rule[] | undefined, name: string | undefined): Rule[] {
  const rule = name === undefined ? undefined : rules?.find(({ match }) => match.test(name));
  return rule === undefined ? [] : [{ ...rule, match: /(?:)/ }];
}

/** OpenAI's quirks for deployments of one family. */
export function quirksOf(family: string | undefined): Quirks {
  const { organization: _, embeddings, ...shared } = openaiQuirks;
  return {
    ...shared,
    models: fixed(openaiQuirks.models, family),
    embeddings: { ...embeddings, models: fixed(embeddings?.models, family) },
  };
}

/** The same for two families that no rule tells apart. */
export function ruleKey(family: string | undefined): string {
  const index = (rules: readonly { match: RegExp }[] = []): number =>
    family === undefined ? -1 : rules.findIndex(({ match }) => match.test(family));
  return `${index(openaiQuirks.models)} ${index(openaiQuirks.embeddings?.models)}`;
}
