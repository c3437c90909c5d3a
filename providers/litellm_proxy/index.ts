/** LiteLLM's gateway: https://docs.litellm.ai/docs/simple_proxy */
import { ProviderFault } from '../../src/core/errors.js';
import type { Decoder, Provider, ResponseMeta, Transformer, WireEvent } from '../../src/core/spec.js';
import type { ChatCompletionChunk } from '../../src/types/chat.js';
import { makeProvider } from '../openai/compatible-provider.js';
import { OpenAIDecoder } from '../openai/stream.js';
import { litellmError, renamed } from './errors.js';

/** The gateway takes what LiteLLM's own calls take. */
const row = makeProvider('litellm_proxy', {
  key: 'LITELLM_PROXY_API_KEY',
  base_env: 'LITELLM_PROXY_API_BASE',
  key_optional: true,
  endpoints: ['chat', 'embeddings', 'rerank'],
  quirks: {
    also: ['metadata', 'thinking'],
    roles: { developer: 'developer' },
    cache_control: true,
    tool_media: true,
    file_urls: 'as_given',
    refusal: true,
    reasoning_back: 'reasoning_content',
    send_back: ['thinking_blocks'],
    signed_ids: true,
    path: { rerank: '/v1/rerank' },
  },
  docs: 'https://docs.litellm.ai/docs/simple_proxy',
  notes: ['Errors are of the class that the gateway names (`litellm.RateLimitError`).'],
});

/** Errors told inside a success status are named like the others. */
function renaming<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof ProviderFault ? new ProviderFault(renamed(error.facts)) : error;
  }
}

class LitellmDecoder implements Decoder<ChatCompletionChunk> {
  readonly #inner: OpenAIDecoder;

  constructor(model: string) {
    this.#inner = new OpenAIDecoder(model, false);
  }

  get done(): boolean {
    return this.#inner.done;
  }

  push(event: WireEvent, out: ChatCompletionChunk[]): void {
    renaming(() => this.#inner.push(event, out));
  }

  end(): void {
    this.#inner.end();
  }
}

/** What the gateway says that an answer cost; of streams it does not know when the headers go out. */
function withCost<R extends object>(result: R, { headers }: ResponseMeta): R {
  const { usage } = result as { usage?: { cost?: number } };
  const cost = Number(headers['x-litellm-response-cost'] || NaN);
  if (usage !== undefined && usage.cost === undefined && Number.isFinite(cost)) usage.cost = cost;
  return result;
}

const plain = row.endpoints.chat as Transformer<'chat'>;
const embeddings = row.endpoints.embeddings as Transformer<'embeddings'>;

export const litellm_proxy: Provider = {
  ...row,
  endpoints: {
    ...row.endpoints,
    chat: {
      ...plain,
      response: (body, call, meta) => renaming(() => withCost(plain.response(body, call, meta), meta)),
      stream: { framing: 'sse', decoder: (call) => new LitellmDecoder(call.model) },
    },
    embeddings: {
      ...embeddings,
      response: (body, call, meta) => withCost(embeddings.response(body, call, meta), meta),
    },
  },
  error: litellmError,
};
export default litellm_proxy;
