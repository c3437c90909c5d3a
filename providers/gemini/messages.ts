/** OpenAI's messages as contents and a system instruction. Source: https://ai.google.dev/api/caching#Content */
import type { Call, JsonObject } from '../../src/core/spec.js';
import { contentParts, contentText, isObject } from '../shared/messages.js';
import { assistantParts, plainId } from './assistant.js';
import { refuse, Resolution, toPart } from './media.js';
import type { Family } from './models.js';
import type { Content, FunctionResponse, Part } from './wire.js';

type Notes = Pick<Call, 'warn' | 'unsupported'>;

export interface Conversation {
  contents: Content[];
  systemInstruction?: Content;
  /** For the generation config. */
  mediaResolution?: string;
}

interface Turn extends Content {
  role: 'user' | 'model';
  /** Results of functions stand in a turn of their own, media that came with them at its end. */
  results: boolean;
  media: Part[];
}

class Writer {
  readonly turns: Turn[] = [];
  readonly system: Part[] = [];
  readonly resolution = new Resolution();
  /** Names of the functions called so far, by call id. */
  readonly #names = new Map<string, string>();
  readonly #family: Family;
  readonly #call: Notes;

  constructor(family: Family, call: Notes) {
    this.#family = family;
    this.#call = call;
  }

  add(message: JsonObject, path: string): void {
    const { role, name } = message;
    if (role === 'system' || role === 'developer') this.#addSystem(message, path);
    else if (role === 'assistant') this.#addAssistant(message, path);
    else if (role === 'tool' || role === 'function') this.#addResult(message, path);
    else this.#say('user', this.#parts(message['content'], path), path);
    this.#noteCacheMarks(message, path);
    if (typeof name === 'string' && role !== 'tool' && role !== 'function')
      this.#call.warn({ type: 'drop', param: `${path}.name`, message: 'Gemini knows no names of speakers' });
  }

  /** Gemini caches prefixes by itself. */
  #noteCacheMarks(message: JsonObject, path: string): void {
    const marked = (value: JsonObject): boolean =>
      value['cache_control'] !== undefined && value['cache_control'] !== null;
    if (marked(message) || contentParts(message['content']).some(marked))
      this.#call.warn({ type: 'drop', param: `${path}.cache_control`, message: 'Gemini takes no cache marks' });
  }

  #say(role: Turn['role'], parts: Part[], path: string): void {
    if (parts.length > 0) this.#turn(role, false).parts.push(...parts);
    else this.#call.warn({ type: 'drop', param: path, message: 'has no content; it is not sent' });
  }

  #addSystem(message: JsonObject, path: string): void {
    this.system.push(...this.#parts(message['content'], path));
    if (this.turns.length > 0)
      this.#call.warn({
        type: 'rewrite',
        param: path,
        message: 'moved to the system instruction, before the conversation',
      });
  }

  #addAssistant(message: JsonObject, path: string): void {
    this.#say('model', assistantParts(message, path, this.#family, this.#call), path);
    const calls = Array.isArray(message['tool_calls']) ? message['tool_calls'].filter(isObject) : [];
    for (const { id, function: called, custom } of calls) {
      const name = isObject(called) ? called['name'] : isObject(custom) ? custom['name'] : undefined;
      if (typeof id === 'string' && typeof name === 'string') this.#names.set(plainId(id), name);
    }
  }

  #addResult(message: JsonObject, path: string): void {
    const id = typeof message['tool_call_id'] === 'string' ? plainId(message['tool_call_id']) : undefined;
    const said = typeof message['name'] === 'string' && message['name'] !== '' ? message['name'] : undefined;
    const name = (id === undefined ? undefined : this.#names.get(id)) ?? said ?? id ?? 'function';
    if (id !== undefined && !this.#names.has(id))
      this.#call.warn({
        type: 'repair',
        param: `${path}.tool_call_id`,
        message: `answers no call; sent as a result of ${name}`,
      });
    const { media, response } = this.#result(message['content'], path);
    const result: FunctionResponse = { name, response, ...(this.#family.third && id !== undefined && { id }) };
    const turn = this.#turn('user', true);
    if (this.#family.third && media.length > 0) result.parts = media;
    else turn.media.push(...media);
    turn.parts.push({ functionResponse: result });
  }

  /** A result as an object: JSON as it is, text under `content`. */
  #result(content: unknown, path: string): { response: JsonObject; media: Part[] } {
    const media = this.#parts(content, path).filter((part) => part.text === undefined);
    const texts = contentParts(content).flatMap((part) => contentText([part]) || []);
    const written = texts.join('\n');
    if (/^\s*\{/.test(written)) {
      try {
        return { response: JSON.parse(written) as JsonObject, media };
      } catch {
        // text that only looks like JSON
      }
    }
    return { response: { content: written }, media };
  }

  #parts(content: unknown, path: string): Part[] {
    const out: Part[] = [];
    for (const [index, given] of contentParts(content).entries()) {
      const at = `${path}.content${typeof content === 'string' ? '' : `[${index}]`}`;
      const part = toPart(given, at, this.#family, this.resolution);
      if (part === null) this.#call.unsupported(at, `Gemini has no content part of type ${String(given['type'])}`);
      else if (part !== undefined) out.push(part);
    }
    return out;
  }

  /** The turn to write into: the last one if it is of the same kind. */
  #turn(role: Turn['role'], results: boolean): Turn {
    const last = this.turns.at(-1);
    if (last?.role === role && last.results === results) return last;
    const turn: Turn = { role, results, parts: [], media: [] };
    this.turns.push(turn);
    return turn;
  }
}

export function toConversation(messages: unknown, family: Family, call: Notes): Conversation {
  const writer = new Writer(family, call);
  const list = Array.isArray(messages) ? (messages as JsonObject[]) : [];
  for (const [index, message] of list.entries()) writer.add(message, `messages[${index}]`);
  const { system } = writer;
  const contents = writer.turns.map(({ role, parts, media }): Content => ({ role, parts: [...parts, ...media] }));
  const mediaResolution = writer.resolution.level;
  const rest = mediaResolution === undefined ? {} : { mediaResolution };

  if (system.length === 0) {
    if (contents.length === 0) refuse('messages', 'holds nothing to send');
    return { contents, ...rest };
  }
  if (contents.length > 0 && family.systemInstruction)
    return { contents, systemInstruction: { parts: system }, ...rest };
  call.warn({
    type: 'rewrite',
    param: 'messages',
    message: family.systemInstruction
      ? 'there is no user message; the system message is sent as one'
      : 'the model takes no system instruction; it is sent at the beginning of the first user turn',
  });
  const [first] = contents;
  if (first?.role === 'user') first.parts.unshift(...system);
  else contents.unshift({ role: 'user', parts: system });
  return { contents, ...rest };
}
