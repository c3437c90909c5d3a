/** Streamed output: https://replicate.com/docs/topics/predictions/streaming */
import { ProviderFault } from '../../src/core/errors.js';
import type { Decoder, WireEvent } from '../../src/core/spec.js';
import type { ChatCompletionChunk, Delta, FinishReason } from '../../src/types/chat.js';
import { isObject } from '../shared/messages.js';
import { failure } from './errors.js';

/** `output` events hold plain text, `done` tells how the prediction ended; the stream knows no token counts. */
export class ReplicateDecoder implements Decoder<ChatCompletionChunk> {
  done = false;
  readonly #model: string;

  constructor(model: string) {
    this.#model = model;
  }

  push({ event, data }: WireEvent, out: ChatCompletionChunk[]): void {
    if (event === 'output') {
      if (data !== '') out.push(this.#chunk({ content: data }, null));
    } else if (event === 'error') {
      const told = parsed(data);
      throw new ProviderFault(failure('failed', isObject(told) ? (told['detail'] ?? told) : data));
    } else if (event === 'done') {
      const told = parsed(data);
      const reason = isObject(told) ? told['reason'] : undefined;
      if (reason === 'error') throw new ProviderFault(failure('failed', undefined));
      if (typeof reason === 'string') throw new ProviderFault(failure(reason, undefined));
      out.push(this.#chunk({}, 'stop'));
      this.done = true;
    }
  }

  #chunk(delta: Delta, finish: FinishReason | null): ChatCompletionChunk {
    return {
      id: '',
      object: 'chat.completion.chunk',
      created: 0,
      model: this.#model,
      choices: [{ index: 0, delta, finish_reason: finish }],
    };
  }
}

/** Undefined for what is no JSON: errors may be plain text. */
function parsed(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}
