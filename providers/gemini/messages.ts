/** OpenAI's messages as contents and a system instruction. Source: https://ai.google.dev/api/caching#Content */
import type { Call, JsonObject } from '../../src/core/spec.js';
import { plainId } from '../shared/foreign.js';
import { contentParts, contentText } from '../shared/messages.js';
import { linkTools, type ToolLinks } from '../shared/tool-links.js';
import { assistantParts } from './assistant.js';
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
  /** Of each result the number of the call that it answers. */
  answers: number[];
}

class Writer {
  readonly turns: Turn[] = [];
  readonly system: Part[] = [];
  readonly resolution = new Resolution();
  readonly #links: ToolLinks;
  readonly #family: Family;
  readonly #call: Notes;

  constructor(messages: readonly JsonObject[], family: Family, call: Notes) {
    this.#family = family;
    this.#call = call;
    this.#links = linkTools(messages, { fit: plainId, signatures: true }, (warning) => call.warn(warning));
  }

  add(message: JsonObject, at: number): void {
    const { role, name } = message;
    const path = `messages[${at}]`;
    if (role === 'system' || role === 'developer') this.#addSystem(message, path);
    else if (role === 'assistant') this.#addAssistant(message, at);
    else if (role === 'tool' || role === 'function') this.#addResult(message, at);
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

  #addAssistant(message: JsonObject, at: number): void {
    const path = `messages[${at}]`;
    this.#say(
      'model',
      assistantParts(
        message,
        path,
        this.#said(message['content'], path),
        this.#links.ids(at),
        this.#family,
        this.#call,
      ),
      path,
    );
  }

  #addResult(message: JsonObject, at: number): void {
    const answered = this.#links.result(at);
    if (answered === undefined) return;
    const path = `messages[${at}]`;
    const { id, call: number } = answered;
    const said = typeof message['name'] === 'string' ? message['name'] : '';
    const name = answered.name || said || id;
    const { media, response } = this.#result(message['content'], path);
    const result: FunctionResponse = { name, response, ...(this.#family.third && { id }) };
    const turn = this.#turn('user', true);
    if (this.#family.third && media.length > 0) result.parts = media;
    else turn.media.push(...media);
    turn.parts.push({ functionResponse: result });
    turn.answers.push(number);
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

  /** What the model said; parts that other vendors' models alone say are left out. */
  #said(content: unknown, path: string): Part[] {
    return this.#parts(content, path, (at, type) =>
      this.#call.warn({ type: 'drop', param: at, message: `Gemini has no content part of type ${type}` }),
    );
  }

  #parts(
    content: unknown,
    path: string,
    unknown = (at: string, type: string): void =>
      this.#call.unsupported(at, `Gemini has no content part of type ${type}`),
  ): Part[] {
    const out: Part[] = [];
    for (const [index, given] of contentParts(content).entries()) {
      const at = `${path}.content${typeof content === 'string' ? '' : `[${index}]`}`;
      const part = toPart(given, at, this.#family, this.resolution);
      if (part === null) unknown(at, String(given['type']));
      else if (part !== undefined) out.push(part);
    }
    return out;
  }

  /** Without ids it is the order alone that tells which result answers which call of a function called twice. */
  sortResults(): void {
    for (const turn of this.turns) {
      const { parts, answers } = turn;
      if (new Set(parts.map((part) => part.functionResponse?.name)).size === parts.length) continue;
      if (answers.every((number, index) => index === 0 || number >= (answers[index - 1] as number))) continue;
      const order = answers.map((_, index) => index).sort((a, b) => (answers[a] as number) - (answers[b] as number));
      turn.parts = order.map((index) => parts[index] as Part);
      this.#call.warn({
        type: 'repair',
        param: 'messages',
        message: 'tool results were put into the order of their calls',
      });
    }
  }

  /** The turn to write into: the last one if it is of the same kind. */
  #turn(role: Turn['role'], results: boolean): Turn {
    const last = this.turns.at(-1);
    if (last?.role === role && last.results === results) return last;
    const turn: Turn = { role, results, parts: [], media: [], answers: [] };
    this.turns.push(turn);
    return turn;
  }
}

export function toConversation(messages: unknown, family: Family, call: Notes): Conversation {
  const list = Array.isArray(messages) ? (messages as JsonObject[]) : [];
  const writer = new Writer(list, family, call);
  for (const [index, message] of list.entries()) writer.add(message, index);
  if (!family.third) writer.sortResults();
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
