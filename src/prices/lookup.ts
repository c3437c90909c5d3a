/** From a model string to the row with its price; never to another model's row. */
import type { PriceRow } from './book.js';
import { providerRules, rulesOf, type ProviderRules } from './provider-rules.js';
import { prefixOf, type PriceTable } from './table.js';

export interface Wanted {
  model: string;
  /** The provider's id; without it the model string tells. */
  provider?: string | undefined;
  /** Where the call is served, for rows of one region. */
  region?: string | undefined;
  /** The model as the answer names it; asked when the model string has no row (a deployment's name). */
  served?: string | undefined;
  /** The model behind a deployment, an ARN or an alias; asked first. */
  base_model?: string | undefined;
}

export interface Found {
  key: string;
  row: PriceRow;
  /** How the name was read, where it is not the row's own. */
  rule?: string;
}

/** What a name led to, under a provider and in a region. */
interface Memory {
  provider: string | undefined;
  region: string | undefined;
  found: Found | undefined;
}

/** Finds rows, and remembers what it found until the table changes. */
export class Lookup {
  readonly #table: PriceTable;
  /** By model. */
  readonly #found = new Map<string, Memory[]>();
  #remembered = 0;
  #revision: number;
  /** What stands before the first slash of keys. */
  #prefixes: Set<string> | undefined;
  /** Keys by their lower-case form; undefined where two share one. */
  #lower: Map<string, string | undefined> | undefined;

  constructor(table: PriceTable) {
    this.#table = table;
    this.#revision = table.revision;
  }

  find(wanted: Wanted): Found | undefined {
    if (this.#revision !== this.#table.revision) {
      this.#revision = this.#table.revision;
      this.#found.clear();
      this.#prefixes = undefined;
      this.#lower = undefined;
    }
    const { model, provider, region, served, base_model } = wanted;
    if (base_model !== undefined) {
      // The caller's word: where the provider has no such row it may be another's.
      const owner = provider ?? this.#split(model, undefined).provider;
      const found = this.#named(base_model, owner, region) ?? this.#named(base_model, undefined, region);
      if (found !== undefined) return found;
    }
    const found = this.#named(model, provider, region);
    if (found !== undefined || served === undefined || served === model) return found;
    // Only the provider that was asked can have served the call.
    const owner = provider ?? this.#split(model, undefined).provider;
    return owner === undefined ? undefined : this.#named(served, owner, region);
  }

  #named(model: string, provider: string | undefined, region: string | undefined): Found | undefined {
    const known = this.#found.get(model);
    if (known !== undefined)
      for (const memory of known) if (memory.provider === provider && memory.region === region) return memory.found;
    const found = this.#search(model, provider, region);
    // Names come from callers: what is remembered is bounded.
    if (++this.#remembered > 2000) {
      this.#found.clear();
      this.#remembered = 1;
    }
    const memories = this.#found.get(model);
    if (memories === undefined) this.#found.set(model, [{ provider, region, found }]);
    else memories.push({ provider, region, found });
    return found;
  }

  #search(model: string, given: string | undefined, region: string | undefined): Found | undefined {
    const { provider, name } = this.#split(model, given);
    if (provider === undefined) return this.#fitting([name], undefined) ?? this.#inAnyCase([name], undefined);
    const rules = rulesOf(provider);
    let rest = name;
    let place = region;
    for (let part = leading(rules.routes, rest); part !== ''; part = leading(rules.routes, rest))
      rest = rest.slice(part.length);
    const scope = leading(rules.scope, rest);
    if (scope !== '') {
      place = scope.slice(0, -1);
      rest = rest.slice(scope.length);
    }
    const foundation = /^arn:aws[\w-]*:bedrock:[^:]*:[^:]*:(?:foundation-model|inference-profile)\/(.+)$/.exec(rest);
    if (foundation !== null) rest = foundation[1] as string;
    const exact = this.#keyed(provider, rest, place, rules) ?? this.#fitting(wholeKeys(provider, model), provider);
    if (exact !== undefined)
      return scope === '' || exact.key.includes(scope)
        ? exact
        : { ...exact, rule: `no price for ${scope.slice(0, -1)}: priced as ${exact.key}` };
    for (const { name: other, rule } of otherForms(rest, rules)) {
      const found = this.#keyed(provider, other, place, rules);
      if (found !== undefined) return { ...found, rule };
    }
    return (
      this.#bySnapshot(provider, rest, place, rules) ?? this.#inAnyCase(keysOf(provider, rest, place, rules), provider)
    );
  }

  #keyed(provider: string, name: string, region: string | undefined, rules: ProviderRules): Found | undefined {
    return this.#fitting(keysOf(provider, name, region, rules), provider);
  }

  #fitting(keys: readonly string[], provider: string | undefined): Found | undefined {
    for (const key of keys) {
      const row = this.#table.get(key);
      if (row !== undefined && (provider === undefined || belongs(row, provider))) return { key, row };
    }
    return undefined;
  }

  /** Vendors read names in any case; what differs in nothing else is one model. */
  #inAnyCase(keys: readonly string[], provider: string | undefined): Found | undefined {
    if (this.#lower === undefined) {
      this.#lower = new Map();
      for (const key of this.#table.keys()) {
        const lower = key.toLowerCase();
        this.#lower.set(lower, this.#lower.has(lower) ? undefined : key);
      }
    }
    const same = keys.map((key) => this.#lower?.get(key.toLowerCase())).filter((key) => key !== undefined);
    const found = this.#fitting(same, provider);
    return found && { ...found, rule: `priced as ${found.key}` };
  }

  /** The provider and the model's own name. A prefix counts only if there are rows or rules under it. */
  #split(model: string, given: string | undefined): { provider: string | undefined; name: string } {
    if (given !== undefined) {
      let name = model;
      for (let prefix = prefixOf(name); isPrefix(prefix, given); prefix = prefixOf(name))
        name = name.slice(prefix.length + 1);
      return { provider: given, name };
    }
    if (this.#table.get(model) !== undefined) return { provider: undefined, name: model };
    const prefix = prefixOf(model);
    if (prefix !== '' && this.#isProvider(prefix)) return { provider: prefix, name: model.slice(prefix.length + 1) };
    // A fine-tuned model's name says whose it is.
    return fineTuned.test(model) ? this.#owner(fineTunedBase(model), model) : { provider: undefined, name: model };
  }

  #owner(base: string, name: string): { provider: string | undefined; name: string } {
    return { provider: this.#table.get(base)?.litellm_provider, name };
  }

  #isProvider(prefix: string): boolean {
    if (Object.hasOwn(providerRules, prefix)) return true;
    this.#prefixes ??= new Set(this.#table.prefixes());
    return this.#prefixes.has(prefix);
  }

  /** A name without its date: of an alias the newest snapshot, of a snapshot older than the price list the alias. */
  #bySnapshot(provider: string, name: string, region: string | undefined, rules: ProviderRules): Found | undefined {
    const date = dateSuffix.exec(name);
    if (date !== null) {
      const alias = name.slice(0, date.index) + (date[4] ?? '');
      const found = this.#keyed(provider, alias, region, rules);
      const day = `${date[1]}-${date[2]}-${date[3]}`;
      const checked = found?.row['checked'];
      // A snapshot younger than the list may cost something else.
      if (found === undefined || typeof checked !== 'string' || day > checked) return undefined;
      return { ...found, rule: `priced as ${alias}` };
    }
    const latest = name.endsWith('-latest') ? name.slice(0, -'-latest'.length) : undefined;
    if (latest !== undefined) {
      const found = this.#keyed(provider, latest, region, rules);
      if (found !== undefined) return { ...found, rule: `priced as ${latest}` };
    }
    const alias = latest ?? name;
    const newest = newestSnapshot(alias, this.#table) ?? newestSnapshot(`${provider}/${alias}`, this.#table);
    const row = newest === undefined ? undefined : this.#table.get(newest);
    return newest === undefined || row === undefined || !belongs(row, provider)
      ? undefined
      : { key: newest, row, rule: `priced as ${newest}` };
  }
}

/** Under which keys a provider's model may stand, nearest first. */
function keysOf(provider: string, name: string, region: string | undefined, rules: ProviderRules): string[] {
  const keys = [`${provider}/${name}`, name];
  if (region !== undefined) keys.unshift(`${provider}/${region}/${name}`);
  if (rules.expand !== undefined && !name.includes('/')) keys.push(`${provider}/${rules.expand}${name}`);
  return keys;
}

/** A model's own name may begin like its provider: perplexity/perplexity/sonar. */
function wholeKeys(provider: string, model: string): string[] {
  const keys: string[] = [];
  let rest = model;
  for (let prefix = prefixOf(rest); prefix !== '' && isPrefix(prefix, provider); prefix = prefixOf(rest)) {
    keys.unshift(`${provider}/${rest}`, rest);
    rest = rest.slice(prefix.length + 1);
  }
  return keys;
}

/** Whether a first part names the provider, by its id or another name of its price list. */
const isPrefix = (prefix: string, provider: string): boolean =>
  prefix !== '' && (prefix === provider || rulesOf(provider).groups?.test(prefix) === true);

const leading = (pattern: RegExp | undefined, text: string): string => pattern?.exec(text)?.[0] ?? '';

/** Whether a row is of a provider's price list. */
export const belongs = (row: PriceRow, provider: string): boolean =>
  row.litellm_provider === provider || rulesOf(provider).groups?.test(row.litellm_provider) === true;

const fineTuned = /^ft:[^:]+:/;
const fineTunedBase = (name: string): string => name.split(':').slice(0, 2).join(':');

/** Names under which the same model at the same price may stand, nearest first. */
function* otherForms(name: string, rules: ProviderRules): Iterable<{ name: string; rule: string }> {
  if (fineTuned.test(name)) {
    const base = fineTunedBase(name);
    yield { name: base, rule: `priced as ${base}` };
  }
  const geography = leading(rules.geography, name);
  if (geography !== '') {
    const plain = name.slice(geography.length);
    yield { name: plain, rule: `no price for ${geography.slice(0, -1)}: priced as ${plain}` };
  }
  for (const ending of [newestVersion, rules.context]) {
    const plain = ending === undefined ? name : name.replace(ending, '');
    if (plain !== name && plain !== '') yield { name: plain, rule: `priced as ${plain}` };
  }
}

/** A version that is no day; days are snapshots. */
const newestVersion = /@(?:default|latest|\d{3})$/;

/** `-2024-08-06`, `-20250929`, `@20250929`, each perhaps before Bedrock's version. */
const dateSuffix = /[-@](20\d\d)-?(0[1-9]|1[0-2])-?(0[1-9]|[12]\d|3[01])(-v\d+(?::\d+)?)?$/;

/** The newest key that is the name with a date. */
function newestSnapshot(name: string, table: PriceTable): string | undefined {
  let newest: string | undefined;
  // Bedrock's version stands behind the date.
  for (const key of table.startingWith(name.replace(/-v\d+(?::\d+)?$/, ''))) {
    const date = dateSuffix.exec(key);
    if (date === null || key.slice(0, date.index) + (date[4] ?? '') !== name) continue;
    if (newest === undefined || newest < key) newest = key;
  }
  return newest;
}
