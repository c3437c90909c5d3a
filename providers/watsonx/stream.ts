import { ProviderFault } from '../../src/core/errors.js';
import type { Decoder, WireEvent } from '../../src/core/spec.js';
import type { ChatCompletionChunk } from '../../src/types/chat.js';
import { dataOf, OpenAIDecoder } from '../openai/stream.js';
import { watsonxError } from './errors.js';

/** Reasons of watsonx's own. A text inside the JSON has its quotes escaped, so that it never looks like this. */
const reason = /"finish_reason"\s*:\s*"(time_limit|cancelled|error)"/g;

/** OpenAI's chunks, under `event: message`; no `[DONE]`: the last one has the usage and no choices. */
export class WatsonxDecoder implements Decoder<ChatCompletionChunk> {
  readonly #inner: OpenAIDecoder;

  constructor(model: string) {
    this.#inner = new OpenAIDecoder(model, false);
  }

  get done(): boolean {
    return this.#inner.done;
  }

  push(event: WireEvent, out: ChatCompletionChunk[]): void {
    if (event.event === 'error' || event.data.startsWith('{"errors"'))
      throw new ProviderFault(watsonxError(undefined, dataOf(event.data)));
    const before = out.length;
    this.#inner.push({ ...event, data: event.data.replace(reason, finish) }, out);
    for (let i = before; i < out.length; i++) this.#tidy(out[i] as ChatCompletionChunk);
  }

  end(): void {
    this.#inner.end();
  }

  #tidy(chunk: ChatCompletionChunk): void {
    const fields = chunk.provider_specific_fields;
    if (fields) {
      // Told by `created` and `model` too.
      delete fields['created_at'];
      delete fields['model_id'];
      if (Object.keys(fields).length === 0) delete chunk.provider_specific_fields;
    }
    if (chunk.choices.length === 0 && chunk.usage) this.#inner.end();
  }
}

function finish(text: string, told: string): string {
  if (told === 'time_limit') return text.replace(told, 'length');
  throw new ProviderFault(broken(told));
}

/** A generation that ended with `cancelled` or `error`. */
export const broken = (told: string) => ({
  message: `the generation ended with finish_reason ${told}`,
  code: told,
  kind: 'server' as const,
});
