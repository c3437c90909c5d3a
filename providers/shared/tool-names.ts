/**
 * Names of tools that an API refuses. The model gets an acceptable name in their place, everywhere in the request, and
 * the caller gets the own one back. The protocols see neither: they are given a call with the names that are sent.
 */
import type { Call, Decoder, JsonObject, Transformer, WireEvent } from '../../src/core/spec.js';
import type { ChatCompletion, ChatCompletionChunk } from '../../src/types/chat.js';
import { isObject } from './messages.js';
import { digest } from './tool-links.js';

export interface NameRule {
  /** Acceptable names. */
  fits: RegExp;
  /** The signs that no name may hold; each is sent as `_`. */
  foreign: RegExp;
  longest: number;
  /** Names of tools that the protocol itself may add. */
  taken?: readonly string[];
}

/** Letters, digits and `_`, and no digit first. */
export const identifiers: NameRule = { fits: /^[A-Za-z_]\w*$/, foreign: /\W/gu, longest: Infinity };

/** Letters, digits, `_` and `-`, up to so many. */
export const plainNames = (longest: number, taken: readonly string[] = []): NameRule => ({
  fits: new RegExp(`^[\\w-]{1,${longest}}$`),
  foreign: /[^\w-]/gu,
  longest,
  taken,
});

/** A call's names that are not sent as they are, and what is sent. */
type Names = ReadonlyMap<string, string>;

type Rule = NameRule | ((model: string) => NameRule | undefined);
const ruleOf = (rule: Rule, model: string): NameRule | undefined => (typeof rule === 'function' ? rule(model) : rule);

/** The transformer, for callers whose tools may have any name. */
export function withToolNames<T extends Transformer<'chat'>>(inner: T, rule: Rule): T {
  const { stream } = inner;
  return {
    ...inner,
    request(call, mapped) {
      const names = namesOf(call, ruleOf(rule, call.model), true);
      return names === undefined
        ? inner.request(call, mapped)
        : inner.request(renamedCall(call, names), renamedFields(mapped, names));
    },
    response(body, call, meta) {
      const names = namesOf(call, ruleOf(rule, call.model));
      if (names === undefined) return inner.response(body, call, meta);
      const result = inner.response(body, renamedCall(call, names), meta);
      if (isObject(result) && !('next' in result)) giveBack(result, reversed(names));
      return result;
    },
    ...(stream && {
      stream: {
        ...stream,
        decoder(call, meta) {
          const names = namesOf(call, ruleOf(rule, call.model));
          if (names === undefined) return stream.decoder(call, meta);
          return new NamingDecoder(stream.decoder(renamedCall(call, names), meta), reversed(names));
        },
      },
    }),
  };
}

/** The call as it is sent, for readers of its params. */
export function withSentNames(call: Call<'chat'>, rule: NameRule): Call<'chat'> {
  const names = namesOf(call, rule);
  return names === undefined ? call : renamedCall(call, names);
}

const reversed = (names: Names): Names => new Map([...names].map(([given, sent]) => [sent, given]));

class NamingDecoder implements Decoder<ChatCompletionChunk> {
  constructor(
    readonly inner: Decoder<ChatCompletionChunk>,
    readonly given: Names,
  ) {}

  get done(): boolean {
    return this.inner.done;
  }

  get closing(): boolean {
    return this.inner.closing === true;
  }

  push(event: WireEvent, out: ChatCompletionChunk[]): void {
    const before = out.length;
    this.inner.push(event, out);
    this.#name(out, before);
  }

  end(out: ChatCompletionChunk[]): void {
    const before = out.length;
    this.inner.end?.(out);
    this.#name(out, before);
  }

  #name(out: ChatCompletionChunk[], from: number): void {
    for (let at = from; at < out.length; at++)
      for (const { delta } of out[at]?.choices ?? []) nameCalls(delta, this.given);
  }
}

interface Calling {
  tool_calls?: readonly unknown[] | null | undefined;
  function_call?: unknown;
}

function giveBack({ choices }: ChatCompletion, given: Names): void {
  if (Array.isArray(choices))
    for (const choice of choices) if (isObject(choice?.message)) nameCalls(choice.message, given);
}

/** Puts the caller's names into the calls of a message, or of a piece of one. */
function nameCalls({ tool_calls: calls, function_call: legacy }: Calling, given: Names): void {
  for (const call of calls ?? []) if (isObject(call)) nameOne(call['function'], given);
  nameOne(legacy, given);
}

function nameOne(called: unknown, given: Names): void {
  if (isObject(called)) called['name'] = given.get(called['name'] as string) ?? called['name'];
}

/** The name of a message's tool call, for what is kept of the call elsewhere. */
export function calledName({ tool_calls: calls }: JsonObject, at: number): string | undefined {
  const call: unknown = Array.isArray(calls) ? calls[at] : undefined;
  const name = isObject(call) ? holderOf(call).holder['name'] : undefined;
  return typeof name === 'string' && name !== '' ? name : undefined;
}

const fields = ['custom', 'toolSpec', 'tool'] as const;

/** What of a tool bears its name: one that the caller runs, or one of the provider's, whose name is not ours to change. */
function holderOf(tool: JsonObject): { holder: JsonObject; field: string | undefined; own: boolean } {
  const { type } = tool;
  const own = type === undefined || type === 'function' || type === 'custom';
  const field = isObject(tool['function']) ? 'function' : fields.find((each) => isObject(tool[each]));
  return { holder: field === undefined ? tool : (tool[field] as JsonObject), field, own };
}

const objects = (list: unknown): JsonObject[] => (Array.isArray(list) ? list.filter(isObject) : []);

const below = (field: string | undefined): string => (field === undefined ? '' : `.${field}`);

type See = (name: unknown, own: boolean, path: () => string) => void;

/** All names of a call's tools: of those offered, then of those that its conversation has called. */
function eachName({ tools, functions, messages }: JsonObject, see: See): void {
  if (Array.isArray(tools))
    tools.forEach((tool: unknown, at) => {
      if (!isObject(tool)) return;
      const { holder, field, own } = holderOf(tool);
      see(holder['name'], own, () => `tools[${at}]${below(field)}.name`);
    });
  if (Array.isArray(functions))
    functions.forEach((one: unknown, at) => isObject(one) && see(one['name'], true, () => `functions[${at}].name`));
  if (Array.isArray(messages))
    messages.forEach((message: unknown, at) => {
      if (!isObject(message) || message['role'] !== 'assistant') return;
      const { tool_calls: calls, function_call: legacy } = message;
      if (Array.isArray(calls))
        calls.forEach((call: unknown, i) => {
          if (!isObject(call)) return;
          const { holder, field } = holderOf(call);
          see(holder['name'], true, () => `messages[${at}].tool_calls[${i}]${below(field)}.name`);
        });
      if (isObject(legacy)) see(legacy['name'], true, () => `messages[${at}].function_call.name`);
    });
}

/** The names that the rule refuses, with acceptable ones, no two the same; undefined when all are fine. */
function namesOf(call: Call<'chat'>, rule: NameRule | undefined, tell = false): Names | undefined {
  if (rule === undefined) return undefined;
  const refused = new Map<string, string>();
  eachName(call.params, (name, own, path) => {
    if (own && typeof name === 'string' && name !== '' && !rule.fits.test(name) && !refused.has(name))
      refused.set(name, path());
  });
  if (refused.size === 0) return undefined;
  const used = new Set<unknown>(rule.taken);
  eachName(call.params, (name, own) => {
    if (!own || !refused.has(name as string)) used.add(name);
  });
  const names = new Map<string, string>();
  for (const [given, param] of refused) {
    const fitted = fit(given, rule);
    let name = fitted;
    for (let n = 2; used.has(name); n++) name = `${fitted.slice(0, rule.longest - `_${n}`.length)}_${n}`;
    used.add(name);
    names.set(given, name);
    if (tell) call.warn({ type: 'rename', param, message: `the tool ${shown(given)} is sent as ${name}` });
  }
  return names;
}

const shown = (name: string): string => (name.length > 160 ? `${name.slice(0, 160)}…` : name);

function fit(given: string, { fits, foreign, longest }: NameRule): string {
  const plain = given.replace(foreign, '_');
  const name = fits.test(plain.charAt(0)) ? plain : `_${plain}`;
  return name.length <= longest ? name : `${name.slice(0, longest - 9)}_${digest(given, 8)}`;
}

/** The same call by the names that are sent. */
function renamedCall(call: Call<'chat'>, names: Names): Call<'chat'> {
  const params = renamedFields(call.params, names);
  const { messages } = params;
  if (Array.isArray(messages)) params['messages'] = messages.map((message: unknown) => renamedMessage(message, names));
  return Object.create(call, { params: { value: params, enumerable: true } }) as Call<'chat'>;
}

/** A copy of params, or of the body made of them, in which the tools and the choice among them have the names sent. */
function renamedFields(fields: JsonObject, names: Names): JsonObject {
  const out = { ...fields };
  const { tools, functions, tool_choice: choice, function_call: legacy } = fields;
  if (Array.isArray(tools)) out['tools'] = tools.map((tool: unknown) => renamed(tool, names));
  if (Array.isArray(functions)) out['functions'] = functions.map((one: unknown) => renamed(one, names));
  if (isObject(legacy)) out['function_call'] = renamed(legacy, names);
  const allowed = isObject(choice) ? choice['allowed_tools'] : undefined;
  if (isObject(allowed))
    out['tool_choice'] = {
      ...(choice as JsonObject),
      allowed_tools: { ...allowed, tools: objects(allowed['tools']).map((tool) => renamed(tool, names)) },
    };
  else if (isObject(choice)) out['tool_choice'] = renamed(choice, names);
  return out;
}

function renamedMessage(message: unknown, names: Names): unknown {
  if (!isObject(message)) return message;
  const { role, tool_calls: calls, function_call: legacy } = message;
  if (role === 'tool' || role === 'function') return withName(message, names);
  if (role !== 'assistant') return message;
  const out = { ...message };
  if (Array.isArray(calls)) out['tool_calls'] = calls.map((call: unknown) => renamed(call, names));
  if (isObject(legacy)) out['function_call'] = withName(legacy, names);
  return out;
}

/** A tool, a call of one, or the choice of one. */
function renamed(tool: unknown, names: Names): unknown {
  if (!isObject(tool)) return tool;
  const { holder, field, own } = holderOf(tool);
  if (!own && tool['type'] !== 'tool') return tool;
  const made = withName(holder, names);
  if (made === holder) return tool;
  return field === undefined ? made : { ...tool, [field]: made };
}

function withName(holder: JsonObject, names: Names): JsonObject {
  const name = names.get(holder['name'] as string);
  return name === undefined ? holder : { ...holder, name };
}
