/**
 * Which result answers which tool call, over a whole conversation. Ids of calls that another provider made are made
 * acceptable here, the same for a call and its result; calls and results without their counterpart are told. A result
 * without its call (the call fell to a cut of the history, or has a result already) must not be sent: the APIs refuse
 * it, each with 400.
 */
import type { JsonObject, Warning } from '../../src/core/spec.js';
import { plainId } from './foreign.js';
import { asText, isObject } from './messages.js';

export interface IdRule {
  /** An acceptable id for any id; one that is acceptable already comes back as it is. */
  fit(id: string): string;
  /** An id may stand once in a conversation. */
  unique?: true;
  /** The signature that LiteLLM writes into ids is read, so that nothing is lost without it. */
  signatures?: true;
  /** OpenAI's older form (`function_call`, role `function`) is none of the linker's business. */
  tools_only?: true;
}

export interface LinkedResult {
  /** Of the call that it answers. */
  id: string;
  /** Name of the function called. */
  name: string;
  /** Number of the call among all calls. */
  call: number;
}

interface OpenCall {
  /** As the message has it; undefined for OpenAI's older form, where a name stands for it. */
  given: string | undefined;
  id: string;
  name: string;
  path: string;
  number: number;
}

/** Ids and counterparts by the index of the message. */
export interface ToolLinks {
  /** The ids of a message's calls, in order; the one of its `function_call` is the last. */
  ids(at: number): readonly string[];
  /** Undefined for a result that answers no call: it is left out. */
  result(at: number): LinkedResult | undefined;
}

/** Follows the tool calls of a conversation. */
export function linkTools(messages: readonly unknown[], rule: IdRule, warn: (warning: Warning) => void): ToolLinks {
  const linker = new Linker(rule, warn);
  messages.forEach((message, at) => isObject(message) && linker.read(message, at));
  linker.end();
  return linker;
}

class Linker implements ToolLinks {
  readonly #ids = new Map<number, string[]>();
  readonly #results = new Map<number, LinkedResult>();
  readonly #used = new Set<string>();
  #open: OpenCall[] = [];
  #count = 0;

  constructor(
    readonly rule: IdRule,
    readonly warn: (warning: Warning) => void,
  ) {}

  ids(at: number): readonly string[] {
    return this.#ids.get(at) ?? [];
  }

  result(at: number): LinkedResult | undefined {
    return this.#results.get(at);
  }

  read(message: JsonObject, at: number): void {
    const { role } = message;
    if (role === 'assistant') this.#readCalls(message, at);
    else if (role === 'tool' || (role === 'function' && !this.rule.tools_only)) this.#readResult(message, at);
  }

  end(): void {
    for (const { path, name } of this.#open) this.#tell('repair', path, `the call of ${name} has no result`);
  }

  #readCalls(message: JsonObject, at: number): void {
    const calls: unknown[] = Array.isArray(message['tool_calls']) ? message['tool_calls'] : [];
    const ids: string[] = [];
    const opened: OpenCall[] = [];
    const open = (given: string | undefined, called: unknown, path: string): void => {
      const id = this.#fit(given ?? `call_${at}`);
      if (given !== undefined && id !== (this.rule.signatures ? plainId(given) : given))
        this.#tell('repair', `${path}.id`, `tool call id ${shown(given)} is sent as ${id}`);
      ids.push(id);
      const name = isObject(called) ? asText(called['name']) : '';
      opened.push({ given, id, name, path, number: this.#count++ });
    };
    calls.forEach((call, index) => {
      if (!isObject(call)) return void ids.push('');
      open(asText(call['id']), call['function'] ?? call['custom'], `messages[${at}].tool_calls[${index}]`);
    });
    const legacy = message['function_call'];
    if (isObject(legacy) && !this.rule.tools_only) open(undefined, legacy, `messages[${at}].function_call`);
    if (ids.length === 0) return;
    this.#ids.set(at, ids);
    // A result belongs to the latest call of its id: some providers number the calls of each turn anew.
    this.#open = [...opened, ...this.#open];
  }

  #readResult(message: JsonObject, at: number): void {
    const { tool_call_id: told, name } = message;
    const given = typeof told === 'string' ? told : undefined;
    const index = this.#open.findIndex((call) =>
      given === undefined ? call.given === undefined && call.name === name : call.given === given,
    );
    const [call] = index < 0 ? [] : this.#open.splice(index, 1);
    if (call !== undefined) this.#results.set(at, { id: call.id, name: call.name, call: call.number });
    else
      this.#tell(
        'drop',
        `messages[${at}]`,
        'the tool result answers no call, or one that has a result already; it is not sent',
      );
  }

  #fit(given: string): string {
    const fitted = this.rule.fit(given);
    let id = fitted;
    if (this.rule.unique) for (let n = 2; this.#used.has(id); n++) id = this.rule.fit(`${fitted}_${n}`);
    this.#used.add(id);
    return id;
  }

  #tell(type: 'drop' | 'repair', param: string, message: string): void {
    this.warn({ type, param, message });
  }
}

/** Ids may hold whole signatures. */
const shown = (id: string): string => (id.length > 80 ? `${id.slice(0, 80)}…` : id);

/** A short text that stands for another: letters and digits, always the same, up to 12 of them. */
export function digest(text: string, length: number): string {
  let [one, two] = [0x811c9dc5, 0x9dc5811c];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    one = Math.imul(one ^ code, 0x01000193);
    two = Math.imul(two ^ (code + at), 0x85ebca6b);
    two ^= two >>> 13;
  }
  const written = (value: number): string => (value >>> 0).toString(36).padStart(7, '0').slice(-6);
  return (written(one) + written(two)).slice(-length);
}
