/**
 * Models that complete a text: Llama, early Mistrals, Titan, Cohere Command, DeepSeek R1, imported Qwens.
 * Source: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html
 */
import { BadRequestError } from '../../src/core/errors.js';
import type { Call, Decoder, JsonObject, ParamSpec, Transformer, WireEvent } from '../../src/core/spec.js';
import type { ChatCompletion, ChatCompletionChunk, FinishReason, Usage } from '../../src/types/chat.js';
import { asText, contentParts, isBlank, isObject } from '../shared/messages.js';
import { linkTools } from '../shared/tool-links.js';
import { faultOf } from './errors.js';
import { chunkOf, completionOf, headerUsage, InvokeDecoder, invokeParams, invokeRequest } from './invoke.js';
import { baseName } from './models.js';
import { callText, resultText } from './prose.js';
import type { Line } from './prompts.js';

export interface PromptFamily {
  /** Where the text and the parameters stand in the body. */
  field: string;
  params: ParamSpec;
  write(lines: readonly Line[], model: string): string;
  /** The body, where it is more than text and parameters. */
  body?(prompt: string, mapped: JsonObject, call: Call<'chat'>): JsonObject;
}

/** The conversation as texts. Media are refused: nothing of them can be told. */
function linesOf(call: Call<'chat'>): Line[] {
  const lines: Line[] = [];
  const links = linkTools(call.params.messages, { fit: (id) => id }, (warning) => call.warn(warning));
  let tools = false;
  (call.params.messages as unknown as JsonObject[]).forEach((message, at) => {
    const { role } = message;
    const path = `messages[${at}]`;
    const texts: string[] = [];
    contentParts(message['content']).forEach((part, i) => {
      const text = part['type'] === 'refusal' ? part['refusal'] : part['text'];
      if (typeof text === 'string') texts.push(text);
      else call.unsupported(`${path}.content[${i}]`, `${asText(part['type'])} parts: the model takes texts`);
    });
    if (texts.length === 0 && asText(message['refusal']) !== '') texts.push(asText(message['refusal']));
    texts.push(...callsOf(message));
    const result = role === 'tool' || role === 'function';
    const joined = texts.join('\n');
    const text = result ? resultText(links.result(at)?.name || asText(message['name']) || 'a tool', joined) : joined;
    if (isBlank(text)) return;
    tools ||= result || callsOf(message).length > 0;
    lines.push({ role: role === 'assistant' ? role : role === 'user' || result ? 'user' : 'system', text });
  });
  if (tools) {
    const message = `${call.model} knows no tools: calls and results are sent in words`;
    call.warn({ type: 'rewrite', param: 'messages', message });
  }
  if (lines.length === 0)
    throw new BadRequestError('messages: at least one message with text is needed', {
      param: 'messages',
      code: 'invalid_input',
    });
  return lines;
}

/** The tool calls of an earlier answer, in words. */
function callsOf(message: JsonObject): string[] {
  const calls: unknown[] = Array.isArray(message['tool_calls']) ? message['tool_calls'] : [];
  return [...calls.filter(isObject), { function: message['function_call'] }].flatMap((each) => {
    const called = each['function'] ?? each['custom'];
    return isObject(called) ? [callText(asText(called['name']), called['arguments'] ?? called['input'])] : [];
  });
}

/** What a model says of its end, in whichever words. */
function finishReason(raw: unknown): FinishReason {
  const reason = asText(raw).toLowerCase();
  if (/length|max_tokens/.test(reason)) return 'length';
  return /filter|toxic/.test(reason) ? 'content_filter' : 'stop';
}

interface Piece {
  text: string;
  reason: unknown;
}

/** The text of an answer, or of a piece of it, and why it ended. */
function pieceOf(body: JsonObject): Piece | undefined {
  const { generation, outputText, text, is_finished: ended } = body;
  if (typeof generation === 'string') return { text: generation, reason: body['stop_reason'] };
  if (typeof outputText === 'string') return { text: outputText, reason: body['completionReason'] };
  const list = body['outputs'] ?? body['results'] ?? body['generations'] ?? body['choices'];
  const first: unknown = Array.isArray(list) ? list[0] : undefined;
  if (isObject(first)) {
    const said = first['text'] ?? first['outputText'];
    if (typeof said !== 'string') return undefined;
    return { text: said, reason: first['stop_reason'] ?? first['completionReason'] ?? first['finish_reason'] };
  }
  if (typeof text !== 'string' && ended !== true) return undefined;
  return { text: asText(text), reason: ended === true ? (body['finish_reason'] ?? 'COMPLETE') : body['finish_reason'] };
}

/** Counts that stand in the body, where no header tells them. */
function bodyUsage(body: JsonObject): Usage | undefined {
  const [result]: unknown[] = Array.isArray(body['results']) ? body['results'] : [];
  const prompt = body['prompt_token_count'] ?? body['inputTextTokenCount'];
  const completion = body['generation_token_count'] ?? (isObject(result) ? result['tokenCount'] : undefined);
  if (typeof prompt !== 'number') return undefined;
  const told = typeof completion === 'number' ? completion : 0;
  return { prompt_tokens: prompt, completion_tokens: told, total_tokens: prompt + told };
}

class PromptDecoder implements Decoder<ChatCompletionChunk> {
  done = false;
  #begun = false;
  #finished = false;

  constructor(readonly model: string) {}

  push({ data }: WireEvent, out: ChatCompletionChunk[]): void {
    const event: unknown = JSON.parse(data);
    const piece = isObject(event) ? pieceOf(event) : undefined;
    if (piece === undefined || this.#finished) return;
    const { model } = this;
    if (!this.#begun) out.push(chunkOf(model, { delta: { role: 'assistant', content: '' } }));
    this.#begun = true;
    if (piece.text !== '') out.push(chunkOf(model, { delta: { content: piece.text } }));
    if (typeof piece.reason !== 'string' || piece.reason === '') return;
    this.#finished = true;
    out.push(chunkOf(model, { delta: {}, finish_reason: finishReason(piece.reason), raw: piece.reason }));
  }

  end(): void {
    if (this.#finished) this.done = true;
  }
}

export function promptTransformer(family: PromptFamily): Transformer<'chat'> {
  return {
    params: { ...family.params, ...invokeParams },
    request(call, mapped) {
      const prompt = family.write(linesOf(call), baseName(call.model, call.options));
      return invokeRequest(call, family.body?.(prompt, mapped, call) ?? { [family.field]: prompt, ...mapped });
    },
    response(body, call, meta): ChatCompletion {
      if (!isObject(body)) return body as ChatCompletion;
      const piece = pieceOf(body);
      if (piece === undefined) {
        if (typeof body['message'] === 'string') throw faultOf(body);
        return body as unknown as ChatCompletion;
      }
      const message = { role: 'assistant' as const, content: piece.text, refusal: null };
      const choice = {
        finish_reason: finishReason(piece.reason),
        message,
        provider_specific_fields: { stop_reason: piece.reason ?? null },
      };
      return completionOf(choice, body, call, meta, headerUsage(meta) ?? bodyUsage(body));
    },
    stream: {
      framing: 'aws',
      decoder: (call, meta) => new InvokeDecoder(new PromptDecoder(call.model), call, meta),
    },
  };
}
