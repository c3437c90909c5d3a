/** The deployments of a Router, by group: exact names, aliases, patterns, ids. */
import { BadRequestError } from '../core/errors.js';
import type { Env, JsonObject } from '../core/spec.js';
import { withVariables } from './environment.js';
import { isKept } from './own.js';
import { budgetOf, type Budget } from './spending.js';
import type { Counters } from './counters.js';
import type { State } from './state.js';
import type { Deployment, DeploymentEntry, DeploymentParams, RouterOptions } from './types.js';

/** A deployment's own id. */
export const idOf = ({ model_info }: DeploymentEntry): string | undefined =>
  model_info?.id === undefined || model_info.id === null ? undefined : String(model_info.id);

/** A deployment with what the router alone reads taken out of its parameters. */
export interface Member extends Deployment {
  /** What a call of it is made with. */
  readonly call: JsonObject;
  readonly tags: readonly string[];
  readonly max_parallel_requests: number | undefined;
  readonly cooldown_time: number | undefined;
  readonly allowed_fails: number | undefined;
  readonly num_retries: number | undefined;
  readonly region: string | undefined;
  readonly budget: Budget | undefined;
  /** Why it cannot be called: a variable of the environment is not set. */
  readonly missing: string | undefined;
  /** Shared by all that ever had its id. */
  readonly state: State;
  /** The state's: large groups are looked through for them. */
  readonly counters: Counters;
}

/** Members under one name. */
interface Roster {
  members: Member[];
  plain: boolean;
}

/** A group as a call asks for it. */
export interface Group {
  name: string;
  /** As the call names it: an alias, a model that a pattern matched, or the group. */
  asked: string;
  members: readonly Member[];
  /** No member has an order, or a limit of calls at once: all are alike. */
  plain: boolean;
  /** What the stars of a pattern matched: stands in for those of the deployment's model. */
  matched: readonly string[] | undefined;
  /** One deployment, asked for by its id: whatever its state, and with no group's fallbacks. */
  direct: boolean;
}

/** A short, stable name for what a deployment is. */
function hashOf(text: string): string {
  let [one, two] = [0xdeadbeef, 0x41c6ce57];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    one = Math.imul(one ^ code, 2654435761);
    two = Math.imul(two ^ code, 1597334677);
  }
  one = Math.imul(one ^ (one >>> 16), 2246822507) ^ Math.imul(two ^ (two >>> 13), 3266489909);
  two = Math.imul(two ^ (two >>> 16), 2246822507) ^ Math.imul(one ^ (one >>> 13), 3266489909);
  return (two >>> 0).toString(16).padStart(8, '0') + (one >>> 0).toString(16).padStart(8, '0');
}

/** A number; those from the environment are texts. */
function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

const price = /^(?:input|output|cache)\w*_cost(?:_\w+)?$/;

/** Without what is undefined or null, which says nothing. */
const said = (params: JsonObject | undefined): JsonObject =>
  Object.fromEntries(Object.entries(params ?? {}).filter(([, value]) => value !== undefined && value !== null));

const isPlain = ({ order, max_parallel_requests }: Member): boolean =>
  order === undefined && max_parallel_requests === undefined;

const groupOf = (asked: string, name: string, members: readonly Member[], plain: boolean): Group => ({
  asked,
  name,
  members,
  plain,
  matched: undefined,
  direct: false,
});

export class Fleet {
  readonly #groups = new Map<string, Roster>();
  /** Whether any deployment has a budget. */
  budgets = false;
  #byId = new Map<string, { member: Member; entry: DeploymentEntry }>();
  readonly #patterns: { name: string; pattern: RegExp }[] = [];
  readonly #options: RouterOptions;
  readonly #env: Env;
  readonly #stateOf: (id: string) => State;

  constructor(options: RouterOptions, env: Env, stateOf: (id: string) => State) {
    this.#options = options;
    this.#env = env;
    this.#stateOf = stateOf;
    for (const entry of options.model_list ?? []) this.#put(this.#fresh(entry), entry);
  }

  /** @throws {BadRequestError} for an id that is taken, or a credential that is not there */
  add(entry: DeploymentEntry): Member {
    const member = this.#fresh(entry);
    const known = this.#groups.get(member.model_name);
    // Calls under way have the list as it was.
    if (known !== undefined) this.#groups.set(member.model_name, { ...known, members: [...known.members] });
    return this.#put(member, entry);
  }

  #fresh(entry: DeploymentEntry): Member {
    const member = this.#member(entry);
    if (this.#byId.has(member.id))
      throw new BadRequestError(`model_info.id: "${member.id}" is taken`, { param: 'model_info.id' });
    return member;
  }

  #put(member: Member, entry: DeploymentEntry): Member {
    const { model_name } = member;
    this.#byId.set(member.id, { member, entry });
    this.budgets ||= member.budget !== undefined;
    const known = this.#groups.get(model_name);
    if (known !== undefined) {
      known.members.push(member);
      known.plain &&= isPlain(member);
    } else {
      this.#groups.set(model_name, { members: [member], plain: isPlain(member) });
      if (model_name.includes('*')) this.#addPattern(model_name);
    }
    return member;
  }

  remove(id: string): Member | undefined {
    const found = this.#byId.get(id);
    if (found === undefined) return undefined;
    const { member } = found;
    this.#byId.delete(id);
    const left = (this.#groups.get(member.model_name)?.members ?? []).filter((each) => each !== member);
    if (left.length > 0) this.#groups.set(member.model_name, { members: left, plain: left.every(isPlain) });
    else {
      this.#groups.delete(member.model_name);
      const at = this.#patterns.findIndex(({ name }) => name === member.model_name);
      if (at >= 0) this.#patterns.splice(at, 1);
    }
    return member;
  }

  /** In place of the deployment with its id, if there is one. Nothing changes when the entry is refused. */
  upsert(entry: DeploymentEntry): Member {
    this.#member(entry);
    const id = idOf(entry);
    if (id !== undefined) this.remove(id);
    return this.add(entry);
  }

  /** All deployments anew. Nothing changes when an entry is refused. */
  replace(entries: readonly DeploymentEntry[]): void {
    const next = new Fleet({ ...this.#options, model_list: entries }, this.#env, this.#stateOf);
    this.#byId = next.#byId;
    this.rebuild();
  }

  /** Reads all entries again, with the options as they are now. Nothing changes when one is refused. */
  rebuild(): void {
    const next = [...this.#byId].map(([id, { entry }]) => ({ member: this.#member(entry, id), entry }));
    this.#groups.clear();
    this.#byId.clear();
    this.#patterns.length = 0;
    this.budgets = false;
    for (const { member, entry } of next) this.#put(member, entry);
  }

  get(id: string): Member | undefined {
    return this.#byId.get(id)?.member;
  }

  /** A group as it is now: without the deployments that were taken out meanwhile, and with those put in. */
  current(group: Group): Group {
    const roster = group.direct ? undefined : this.#groups.get(group.name);
    if (roster !== undefined) return { ...group, members: roster.members, plain: roster.plain };
    const members = group.members.flatMap(({ id, model_name }) => {
      const member = this.get(id);
      return member !== undefined && (group.direct || member.model_name === model_name) ? member : [];
    });
    return { ...group, members, plain: members.every(isPlain) };
  }

  /** The entries of a group, or of all and of the aliases that are not hidden. */
  entries(group?: string): DeploymentEntry[] {
    const named = (alias: string): DeploymentEntry[] =>
      (this.group(alias)?.members ?? []).map(({ id }) => ({ ...this.#entry(id), model_name: alias }));
    if (group !== undefined) return this.#alias(group) === undefined ? this.#ofGroup(group) : named(group);
    const shown = Object.entries(this.#options.model_group_alias ?? {}).filter(
      ([, target]) => typeof target === 'string' || target.hidden !== true,
    );
    return [...[...this.#byId.keys()].map((id) => this.#entry(id)), ...shown.flatMap(([alias]) => named(alias))];
  }

  #ofGroup(name: string): DeploymentEntry[] {
    return (this.#groups.get(name)?.members ?? []).map(({ id }) => this.#entry(id));
  }

  #entry(id: string): DeploymentEntry {
    const { entry } = this.#byId.get(id) as { entry: DeploymentEntry };
    return { ...entry, model_info: { ...entry.model_info, id } };
  }

  members(): Iterable<Member> {
    return [...this.#byId.values()].map(({ member }) => member);
  }

  names(): string[] {
    return [...this.#groups.keys()];
  }

  /** How many deployments share a deployment's group. */
  sizeOf({ model_name }: Member): number {
    return this.#groups.get(model_name)?.members.length ?? 1;
  }

  /** The group that a model name means: an alias, a group, a deployment's id, the longest pattern that fits. */
  group(asked: string): Group | undefined {
    const model = this.#behind(asked);
    const exact = this.#groups.get(model);
    if (exact !== undefined) return groupOf(asked, model, exact.members, exact.plain);
    const single = this.#byId.get(model)?.member;
    if (single !== undefined) return { ...groupOf(asked, model, [single], isPlain(single)), direct: true };
    for (const { name, pattern } of this.#patterns) {
      const found = pattern.exec(model);
      const roster = this.#groups.get(name);
      if (found !== null && roster !== undefined)
        return { ...groupOf(asked, name, roster.members, roster.plain), matched: found.slice(1) };
    }
    const called = [...this.#byId.values()].map(({ member }) => member).filter((member) => member.model === model);
    return called.length === 0 ? undefined : groupOf(asked, model, called, called.every(isPlain));
  }

  #alias(name: string): string | undefined {
    const { model_group_alias: aliases } = this.#options;
    if (aliases === undefined || !Object.hasOwn(aliases, name)) return undefined;
    const target = aliases[name];
    return typeof target === 'object' ? target.model : target;
  }

  /** What aliases lead to; in a circle each leads on once. */
  #behind(asked: string): string {
    if (this.#options.model_group_alias === undefined) return asked;
    const seen = new Set<string>();
    let name = asked;
    for (let next = this.#alias(name); next !== undefined && !seen.has(next); next = this.#alias(name)) {
      seen.add(next);
      name = next;
    }
    return name;
  }

  #addPattern(name: string): void {
    const source = name
      .split('*')
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('(.*)');
    this.#patterns.push({ name, pattern: new RegExp(`^${source}$`, 's') });
    this.#patterns.sort((a, b) => b.name.length - a.name.length);
  }

  #member(entry: DeploymentEntry, known?: string): Member {
    const { model_name } = entry;
    const model_info = entry.model_info ?? {};
    const given = said(entry.litellm_params);
    const defaults = said(this.#options.default_litellm_params);
    const named = this.#credential((given['litellm_credential_name'] ?? defaults['litellm_credential_name']) as string);
    let missing: string | undefined;
    const params = withVariables({ ...defaults, ...named, ...given }, this.#env, (variable, path) => {
      missing ??= `${path}: the environment variable "${variable}" is not set`;
    }) as DeploymentParams;
    const id = known ?? idOf(entry) ?? this.#free(hashOf(JSON.stringify([model_name, entry.litellm_params])));
    const call: JsonObject = {};
    for (const name in params) if (isKept(name)) call[name] = params[name];
    if (typeof model_info.base_model === 'string') call['base_model'] ??= model_info.base_model;
    // LiteLLM's other place for a deployment's own prices.
    for (const name in model_info)
      if (price.test(name) && typeof model_info[name] === 'number') call[name] ??= model_info[name];
    const state = this.#stateOf(id);
    return {
      // First what a pick looks at.
      state,
      counters: state.counters,
      weight: numberOf(params.weight),
      rpm: numberOf(params.rpm) ?? numberOf(model_info['rpm']),
      tpm: numberOf(params.tpm) ?? numberOf(model_info['tpm']),
      id,
      model_name,
      model: params.model,
      litellm_params: params,
      model_info: { ...model_info, id },
      call,
      order: numberOf(params.order),
      tags: params.tags ?? [],
      max_parallel_requests:
        numberOf(params.max_parallel_requests) ?? this.#options.default_max_parallel_requests ?? undefined,
      cooldown_time: numberOf(params.cooldown_time),
      allowed_fails: numberOf(params['allowed_fails']) ?? numberOf(model_info['allowed_fails']),
      num_retries: numberOf(params.num_retries) ?? numberOf(params.max_retries),
      region: typeof params.region_name === 'string' ? params.region_name : undefined,
      budget: budgetOf(params['max_budget'], params['budget_duration']),
      missing,
    };
  }

  /** Two entries may be the same to the letter. */
  #free(id: string): string {
    let free = id;
    for (let n = 2; this.#byId.has(free); n++) free = `${id}-${n}`;
    return free;
  }

  #credential(name: string | undefined): JsonObject {
    if (name === undefined) return {};
    const found = this.#options.credential_list?.find(({ credential_name }) => credential_name === name);
    if (found === undefined)
      throw new BadRequestError(`litellm_credential_name: "${name}" is not in credential_list`, {
        param: 'litellm_credential_name',
      });
    return found.credential_values;
  }
}
