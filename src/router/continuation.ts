/** One text out of several streams: what the next is asked, and its chunks as those of the answer that it continues. */
import { StreamIncompleteError } from '../core/errors.js';
import { redactDeep } from '../core/redact.js';
import { estimateTokens } from '../core/token-estimate.js';
import type { Answered, AttemptRow, JsonObject } from '../core/spec.js';
import type { ChatCompletion, ChatCompletionChunk } from '../types/chat.js';
import { addUsage, isPlain, Said, Seam } from './seam.js';

/** They bound an answer, however many streams it comes in. */
const bounds = ['max_tokens', 'max_completion_tokens'] as const;

type Message = JsonObject & { role?: unknown; content?: unknown; prefix?: unknown };

export class Continuation {
  readonly #said = new Said();
  /** The question that a beginning of an answer is put behind. */
  #question: Message[] = [];
  /** The call's own bounds of the answer. */
  #bounds: JsonObject = {};
  #seam: Seam | undefined = undefined;
  /** Of the parts before the one that is read; undefined while the first is. */
  #usage: unknown = undefined;
  /** What a chunk of the part that is read looks like. */
  #sample: ChatCompletionChunk | undefined = undefined;
  /** Credentials of deployments whose text is part of the answer. */
  #secrets: string[] = [];

  /** A chunk as one of the whole answer; undefined if nothing of it is new. */
  take(chunk: ChatCompletionChunk): ChatCompletionChunk | undefined {
    const taken = this.#usage === undefined ? chunk : this.#joined(chunk);
    if (taken !== undefined) this.#said.note(taken);
    return taken;
  }

  #joined(chunk: ChatCompletionChunk): ChatCompletionChunk | undefined {
    const { id = chunk.id, created } = this.#said;
    const joined = { ...chunk, id, created, choices: chunk.choices.map((choice) => ({ ...choice })) };
    this.#sample = joined;
    let empty = true;
    for (const choice of joined.choices) {
      const { role: _, ...delta } = choice.delta;
      choice.delta = delta;
      const seam = choice.index === 0 ? this.#seam : undefined;
      if (seam !== undefined) {
        const closing = choice.finish_reason != null || (seam.holding && !isPlain(delta));
        let fresh = typeof delta.content === 'string' ? seam.take(delta.content) : undefined;
        if (fresh === undefined && closing) fresh = seam.close();
        if (fresh !== undefined) this.#seam = undefined;
        if (fresh !== undefined && fresh !== '') delta.content = fresh;
        else delete delta.content;
      }
      empty &&= Object.keys(delta).length === 0 && choice.finish_reason == null;
    }
    if (chunk.usage != null) joined.usage = addUsage(this.#usage, chunk.usage);
    else if (empty) return undefined;
    return joined;
  }

  /** What was held back at the seam, when the last part ended without a finish reason. */
  rest(): ChatCompletionChunk | undefined {
    const content = this.#seam?.close();
    if (content === undefined || content === '' || this.#sample === undefined) return undefined;
    this.#seam = undefined;
    const { usage: _, ...sample } = this.#sample;
    const chunk: ChatCompletionChunk = { ...sample, choices: [{ index: 0, delta: { content }, finish_reason: null }] };
    this.#said.note(chunk);
    return chunk;
  }

  /** Whether another can go on: two halves of anything but one text make no whole. */
  possible({ n, response_format, logprobs }: JsonObject): boolean {
    const format = response_format as { type?: unknown } | null | undefined;
    return (
      this.#said.plain &&
      this.#said.text.trim() !== '' &&
      (typeof n !== 'number' || n === 1) &&
      (format == null || format.type === 'text') &&
      logprobs !== true
    );
  }

  /**
   * What the next is asked: the question with the beginning of the answer, and no more than is left of its bounds.
   * `input` is what the deployment that broke was asked, `given` what of that the call gave.
   */
  after(input: JsonObject, given: JsonObject): JsonObject {
    if (this.#usage === undefined) {
      this.#question = input['messages'] as Message[];
      this.#bounds = Object.fromEntries(bounds.map((name) => [name, given[name]]));
    }
    this.#secrets.push(...credentials(input));
    const asked: JsonObject = { messages: this.#prefilled() };
    for (const [name, most] of Object.entries(this.#bounds))
      if (typeof most === 'number') asked[name] = Math.max(most - estimateTokens(this.#said.text), 1);
    return asked;
  }

  /** A part is added to the one of which the ledger has this row. */
  begin(row: AttemptRow | undefined): void {
    this.#usage = addUsage(this.#usage, row?.usage ?? {});
    this.#seam = new Seam(this.#beginning() + this.#said.text);
    this.#sample = undefined;
  }

  /** The beginning that the caller put into the model's mouth. */
  #beginning(): string {
    const last = this.#question.at(-1);
    return last?.role === 'assistant' && last.prefix === true && typeof last.content === 'string' ? last.content : '';
  }

  #prefilled(): Message[] {
    const question = this.#question;
    const beginning = this.#beginning();
    const { text } = this.#said;
    if (beginning === '') return [...question, { role: 'assistant', content: text, prefix: true }];
    return [...question.slice(0, -1), { ...question.at(-1), content: beginning + text }];
  }

  /** The last part's result as that of the whole answer. */
  whole<R extends Answered<ChatCompletion> | ChatCompletion>(result: R): R {
    if (this.#usage === undefined) return result;
    const [choice] = result.choices;
    if (choice !== undefined) choice.message.content = this.#said.text;
    result.id = this.#said.id ?? result.id;
    result.created = this.#said.created;
    result.usage = addUsage(this.#usage, result.usage);
    return result;
  }

  /** An error of the last part tells what had come of the whole answer. */
  told(error: unknown, input: JsonObject): void {
    if (this.#usage === undefined || !(error instanceof StreamIncompleteError)) return;
    const { partial } = error as { partial: ChatCompletion | undefined };
    if (partial?.choices === undefined) return;
    const copy = {
      ...partial,
      choices: partial.choices.map((choice) => ({ ...choice, message: { ...choice.message } })),
    };
    const secrets = [...this.#secrets, ...credentials(input)];
    (error as { partial: unknown }).partial = redactDeep(this.whole(copy), secrets);
  }
}

/** The key and the headers that a deployment was given. */
function credentials({ api_key, extra_headers }: JsonObject): string[] {
  return [api_key, ...Object.values(extra_headers ?? {})].filter((value) => typeof value === 'string');
}
