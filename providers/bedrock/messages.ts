/**
 * The conversation in Converse's shape: system prompt apart, turns of user and assistant in alternation, tool results
 * in the user's turn. Every repair is told as a warning; the caller's objects are never changed.
 * Source: https://docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference-call.html
 */
import { BadRequestError } from '../../src/core/errors.js';
import type { JsonObject } from '../../src/core/spec.js';
import { modelOf } from '../anthropic/models.js';
import { contentParts, isBlank } from '../shared/messages.js';
import { linkTools, type ToolLinks } from '../shared/tool-links.js';
import { readAssistant, toolUseId } from './assistant.js';
import type { Block } from './blocks.js';
import { cachePoint } from './cache.js';
import { readContent } from './content.js';
import type { Context } from './context.js';
import { tellTools } from './prose.js';

export interface Turn {
  role: 'user' | 'assistant' | 'system';
  content: Block[];
}

export interface Conversation {
  system: Block[];
  messages: Turn[];
}

export const readMessages = (context: Context): Conversation => new Reader(context).read();

/** A turn, and the message that it came from last. */
interface Open extends Turn {
  at: number;
}

class Reader {
  readonly #context: Context;
  readonly #system: Block[] = [];
  readonly #turns: Open[] = [];
  /** Newer Claudes take system messages in mid-conversation, behind a turn of the user. */
  readonly #midSystem: boolean;
  #waiting: Block[] = [];
  #waitingAt = 0;
  readonly #links: ToolLinks;

  constructor(context: Context) {
    this.#context = context;
    this.#midSystem = context.claude && modelOf(context.name).mid_system;
    const { call, claude } = context;
    const fit = (id: string): string => toolUseId(id, claude);
    // Claude's ids may stand once in a conversation.
    this.#links = linkTools(call.params.messages, { fit, unique: true }, (warning) => call.warn(warning));
  }

  read(): Conversation {
    const { call, model, claude } = this.#context;
    (call.params.messages as unknown as JsonObject[]).forEach((message, at) => this.#read(message, at));
    this.#flush();
    const turns = this.#turns;
    if (turns.length === 0) refuse('messages', 'at least one message of the user is needed');
    for (const turn of turns) if (turn.role === 'user') this.#resultsFirst(turn);
    if (claude) this.#trimEnd(turns.at(-1) as Open);
    if (!model.system && this.#system.length > 0) this.#hideSystem();
    if (!model.tools && tellTools(turns))
      this.#warn('messages', 'rewrite', `${call.model} knows no tools: calls and results are sent in words`);
    return { system: this.#system, messages: turns.map(({ role, content }) => ({ role, content })) };
  }

  #read(message: JsonObject, at: number): void {
    const path = `messages[${at}]`;
    const role = message['role'];
    if (message['name'] !== undefined && role !== 'tool' && role !== 'function')
      this.#warn(`${path}.name`, 'drop', 'Bedrock has no name on messages; it is not sent');
    switch (role) {
      case 'system':
      case 'developer':
        return this.#readSystem(message, at);
      case 'assistant':
        return this.#readAssistant(message, at);
      case 'tool':
      case 'function': {
        const answered = this.#links.result(at);
        if (answered !== undefined) this.#append('user', this.#readResult(message, at, answered.id), at);
        return;
      }
      default: {
        const content = this.#marked(readContent(message['content'], `${path}.content`, this.#context), message, path);
        if (content.length === 0) refuse(`${path}.content`, 'a message of the user may not be empty');
        this.#append('user', content, at);
      }
    }
  }

  /** The blocks of a message, with the cache point that the message itself bears. */
  #marked(blocks: Block[], message: JsonObject, path: string): Block[] {
    if (blocks.length === 0 || 'cachePoint' in (blocks.at(-1) as Block)) return blocks;
    return [...blocks, ...cachePoint(message, 'message', path, this.#context)];
  }

  #readSystem(message: JsonObject, at: number): void {
    const path = `messages[${at}]`;
    const blocks = this.#marked(readContent(message['content'], `${path}.content`, this.#context), message, path);
    if (blocks.length === 0) this.#warn(`${path}.content`, 'repair', 'an empty system message was left out');
    else if (this.#turns.length === 0) this.#system.push(...blocks);
    else if (this.#midSystem) {
      this.#waiting.push(...blocks);
      this.#waitingAt = at;
    } else {
      this.#system.push(...blocks);
      this.#warn(path, 'repair', 'a system message in mid-conversation was moved into the system prompt');
    }
  }

  #readAssistant(message: JsonObject, at: number): void {
    const path = `messages[${at}]`;
    const content = readAssistant(message, at, this.#links.ids(at), this.#context);
    if (content.length === 0) {
      this.#warn(`${path}.content`, 'repair', 'an empty message of the assistant was left out');
      return;
    }
    this.#append('assistant', this.#marked(content, message, path), at);
  }

  #readResult(message: JsonObject, at: number, id: string): Block[] {
    const path = `messages[${at}]`;
    const content = message['content'];
    const blocks: Block[] = [];
    const marks: Block[] = [];
    // A result holds no cache points; they follow it.
    if (typeof content === 'string') blocks.push(...(isBlank(content) ? [] : [{ text: content }]));
    else if (contentParts(content).length > 0)
      for (const block of readContent(content, `${path}.content`, this.#context))
        ('cachePoint' in block ? marks : blocks).push(block);
    const result: JsonObject = { toolUseId: id, content: blocks };
    const { claude, model } = this.#context;
    if (message['is_error'] === true && (claude || model.cache === 'messages')) result['status'] = 'error';
    const own = marks.length > 0 ? [marks.at(-1) as Block] : cachePoint(message, 'message', path, this.#context);
    return [{ toolResult: result }, ...own];
  }

  #append(role: 'user' | 'assistant', content: Block[], at: number): void {
    if (role === 'user' && this.#context.claude) this.#endAnswer();
    if (role === 'assistant') this.#flush();
    else if (this.#waiting.length > 0)
      this.#warn(
        `messages[${this.#waitingAt}]`,
        'repair',
        'a system message was moved behind the user message that follows it',
      );
    const last = this.#turns.at(-1);
    if (last?.role === role) {
      last.content.push(...content);
      last.at = at;
    } else this.#turns.push({ role, content: [...content], at });
  }

  /** Claude refuses an answer that ends with thinking, as one cut off by the token limit does. */
  #endAnswer(): void {
    const last = this.#turns.at(-1);
    if (last?.role !== 'assistant') return;
    const kept = last.content.findLastIndex((block) => !('reasoningContent' in block)) + 1;
    if (kept === last.content.length) return;
    last.content.length = kept;
    if (kept === 0) this.#turns.pop();
    this.#warn(`messages[${last.at}].thinking_blocks`, 'drop', 'thinking at the end of a turn is not taken back');
  }

  /** Ends a turn: waiting system messages may stand behind the user's. */
  #flush(): void {
    if (this.#waiting.length === 0) return;
    if (this.#turns.at(-1)?.role === 'user')
      this.#turns.push({ role: 'system', content: this.#waiting, at: this.#waitingAt });
    else {
      this.#system.push(...this.#waiting);
      this.#warn(
        `messages[${this.#waitingAt}]`,
        'repair',
        'a system message after the assistant was moved into the system prompt',
      );
    }
    this.#waiting = [];
  }

  /** The results of tools come before all else in a turn. */
  #resultsFirst(turn: Open): void {
    const rank = (block: Block, before: number): number =>
      'cachePoint' in block ? before : 'toolResult' in block ? 0 : 1;
    let before = 0;
    let sorted = true;
    const ranked = turn.content.map((block) => {
      const own = rank(block, before);
      sorted &&= own >= before;
      before = own;
      return { block, own };
    });
    if (sorted) return;
    turn.content = [0, 1].flatMap((own) => ranked.filter((each) => each.own === own).map(({ block }) => block));
    this.#warn(`messages[${turn.at}]`, 'repair', 'tool results were moved to the front of their turn');
  }

  /** A prefilled answer of Claude may not end in white space. */
  #trimEnd(turn: Open): void {
    const last = turn.content.at(-1);
    if (turn.role !== 'assistant' || typeof last?.['text'] !== 'string') return;
    const text = last['text'].trimEnd();
    if (text === last['text']) return;
    turn.content[turn.content.length - 1] = { ...last, text };
    this.#warn(`messages[${turn.at}].content`, 'repair', 'white space at the end of the last message was cut off');
  }

  /** Models without system prompts are told in the first turn of the user. */
  #hideSystem(): void {
    const [first] = this.#turns;
    if (first?.role === 'user') first.content.unshift(...this.#system.splice(0));
    else this.#turns.unshift({ role: 'user', content: this.#system.splice(0), at: 0 });
    this.#warn(
      'messages[0]',
      'rewrite',
      `${this.#context.call.model} has no system prompt; it is sent as the user's text`,
    );
  }

  #warn(param: string, type: 'drop' | 'repair' | 'rewrite', message: string): void {
    this.#context.call.warn({ type, param, message });
  }
}

function refuse(param: string, message: string): never {
  throw new BadRequestError(`${param}: ${message}`, { param, code: 'invalid_input' });
}
