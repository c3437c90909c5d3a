/**
 * The conversation in Anthropic's shape: system prompt apart, turns of user and assistant in alternation, tool results
 * in the user's turn. Every repair is told as a warning; the caller's objects are never changed.
 * Sources: https://platform.claude.com/docs/en/build-with-claude/working-with-messages,
 * …/docs/en/agents-and-tools/tool-use/handle-tool-calls, …/docs/en/build-with-claude/mid-conversation-system-messages
 */
import { BadRequestError } from '../../src/core/errors.js';
import type { Call, JsonObject } from '../../src/core/spec.js';
import { asText, contentParts, isBlank } from '../shared/messages.js';
import { linkTools, type ToolLinks } from '../shared/tool-links.js';
import { readAssistant, toolUseId } from './assistant.js';
import { cacheMark, markLast, readContent, type Block } from './parts.js';

export interface Turn {
  role: 'user' | 'assistant' | 'system';
  content: Block[];
}

export interface Conversation {
  system: Block[];
  messages: Turn[];
}

/** Reads the messages of a call. `midSystem`: the model takes system messages in mid-conversation. */
export function readMessages(call: Call<'chat'>, midSystem: boolean): Conversation {
  return new Reader(call, midSystem).read();
}

/** A turn, and the message that it came from last. */
interface Open extends Turn {
  at: number;
}

class Reader {
  readonly #system: Block[] = [];
  readonly #turns: Open[] = [];
  /** System blocks of mid-conversation that wait for the end of the user's turn: only there the API takes them. */
  #waiting: Block[] = [];
  #waitingAt = 0;
  readonly #links: ToolLinks;
  /** The toolset of calls that belong to one, by id: their results must name it. */
  readonly #toolsets = new Map<string, unknown>();

  constructor(
    readonly call: Call<'chat'>,
    readonly midSystem: boolean,
  ) {
    // The API refuses an id that stands twice in a conversation.
    this.#links = linkTools(call.params.messages, { fit: toolUseId, unique: true }, (warning) => call.warn(warning));
  }

  read(): Conversation {
    const messages = this.call.params.messages as unknown as JsonObject[];
    messages.forEach((message, at) => this.#read(message, at));
    this.#endAnswer();
    this.#flush();
    const turns = this.#turns;
    if (turns.length === 0) refuse('messages', 'at least one message of the user is needed');
    for (const turn of turns) if (turn.role === 'user') this.#resultsFirst(turn);
    this.#trimEnd(turns.at(-1) as Open);
    return { system: this.#system, messages: turns.map(({ role, content }) => ({ role, content })) };
  }

  #read(message: JsonObject, at: number): void {
    const path = `messages[${at}]`;
    const role = message['role'];
    if (message['name'] !== undefined && role !== 'tool' && role !== 'function')
      this.#warn(`${path}.name`, 'drop', 'Anthropic has no name on messages; it is not sent');
    switch (role) {
      case 'system':
      case 'developer':
        return this.#readSystem(message, at);
      case 'assistant':
        return this.#readAssistant(message, at);
      case 'tool':
      case 'function': {
        const answered = this.#links.result(at);
        return answered && this.#append('user', [this.#readResult(message, at, answered.id)], at);
      }
      default: {
        const content = markLast(readContent(message['content'], `${path}.content`, this.call), message);
        if (content.length === 0) refuse(`${path}.content`, 'a message of the user may not be empty');
        this.#append('user', content, at);
      }
    }
  }

  #readSystem(message: JsonObject, at: number): void {
    const blocks = markLast(readContent(message['content'], `messages[${at}].content`, this.call), message);
    if (blocks.length === 0) this.#warn(`messages[${at}].content`, 'repair', 'an empty system message was left out');
    else if (this.#turns.length === 0) this.#system.push(...blocks);
    else if (this.midSystem) {
      this.#waiting.push(...blocks);
      this.#waitingAt = at;
    } else {
      this.#system.push(...blocks);
      this.#warn(`messages[${at}]`, 'repair', 'a system message in mid-conversation was moved into the system prompt');
    }
  }

  #readAssistant(message: JsonObject, at: number): void {
    const path = `messages[${at}]`;
    const content = readAssistant(message, at, this.#links.ids(at), this.call);
    for (const block of content)
      if (block['toolset_name'] !== undefined) this.#toolsets.set(asText(block['id']), block['toolset_name']);
    if (content.length === 0) {
      this.#warn(`${path}.content`, 'repair', 'an empty message of the assistant was left out');
      return;
    }
    this.#append('assistant', markLast(content, message), at);
  }

  #readResult(message: JsonObject, at: number, id: string): Block {
    const path = `messages[${at}]`;
    const block: Block = { type: 'tool_result', tool_use_id: id };
    const content = message['content'];
    if (typeof content === 'string') {
      if (!isBlank(content)) block['content'] = content;
    } else if (contentParts(content).length > 0) {
      const blocks = readContent(content, `${path}.content`, this.call);
      if (blocks.length > 0) block['content'] = blocks;
    }
    if (message['is_error'] === true) block['is_error'] = true;
    const toolset = this.#toolsets.get(id);
    if (toolset !== undefined) block['toolset_name'] = toolset;
    return { ...block, ...cacheMark(message) };
  }

  #append(role: 'user' | 'assistant', content: Block[], at: number): void {
    if (role === 'user') this.#endAnswer();
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

  /** The API refuses an answer that ends with thinking, as one cut off by the token limit does. */
  #endAnswer(): void {
    const last = this.#turns.at(-1);
    if (last?.role !== 'assistant') return;
    const kept = last.content.findLastIndex(({ type }) => type !== 'thinking' && type !== 'redacted_thinking') + 1;
    if (kept === last.content.length) return;
    last.content.length = kept;
    if (kept === 0) this.#turns.pop();
    this.#warn(`messages[${last.at}].thinking_blocks`, 'drop', 'thinking at the end of a turn is not taken back');
  }

  /** Ends a turn: waiting system messages may stand behind the user's turn, or behind tools that the provider ran. */
  #flush(): void {
    if (this.#waiting.length === 0) return;
    const last = this.#turns.at(-1);
    const fits =
      last?.role === 'user' || /^(?:server_tool_use|.+_tool_result)$/.test(asText(last?.content.at(-1)?.['type']));
    if (fits) this.#turns.push({ role: 'system', content: this.#waiting, at: this.#waitingAt });
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

  /** The API wants the results of tools before all else in a turn. */
  #resultsFirst(turn: Open): void {
    const isResult = ({ type }: Block): boolean => type === 'tool_result';
    const results = turn.content.filter(isResult);
    if (turn.content.slice(0, results.length).every(isResult)) return;
    turn.content = [...results, ...turn.content.filter((block) => !isResult(block))];
    this.#warn(`messages[${turn.at}]`, 'repair', 'tool results were moved to the front of their turn');
  }

  /** A prefilled answer may not end in white space. */
  #trimEnd(turn: Open): void {
    const last = turn.content.at(-1);
    if (turn.role !== 'assistant' || last?.['type'] !== 'text') return;
    const text = asText(last['text']).trimEnd();
    if (text === last['text']) return;
    turn.content[turn.content.length - 1] = { ...last, text };
    this.#warn(`messages[${turn.at}].content`, 'repair', 'white space at the end of the last message was cut off');
  }

  #warn(param: string, type: 'drop' | 'repair', message: string): void {
    this.call.warn({ type, param, message });
  }
}

function refuse(param: string, message: string): never {
  throw new BadRequestError(`${param}: ${message}`, { param, code: 'invalid_input' });
}
