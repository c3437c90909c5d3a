// Providers of your own. Run: npm run build && npx tsx examples/custom-provider.ts
import {
  type ChatCompletionChunk,
  completion,
  createCallm,
  type Decoder,
  type Provider,
  registerProvider,
} from 'callm';
import { offline } from './offline.js';

const server = await offline();
const messages = [{ role: 'user' as const, content: 'Say: hello from a provider of my own' }];

// 1. Whoever speaks OpenAI's protocol is a row of data. What differs is a quirk.
await registerProvider({
  name: 'acme',
  base: `${server.url}/openai/v1`,
  key: 'ACME_API_KEY',
  endpoints: ['chat', 'embeddings'],
  quirks: { rename: { max_completion_tokens: 'max_tokens' }, omit: ['logprobs'] },
});
process.env['ACME_API_KEY'] = 'demo-key';
const fromRow = await completion({ model: 'acme/large-1', messages, max_completion_tokens: 100 });
console.log(`acme: ${fromRow.choices[0]?.message.content}`);
for (const { type, message } of fromRow._hidden_params.warnings) console.log(`  ${type}: ${message}`);

// 2. Another protocol is an object of pure functions: parameters, request, answer, stream. Retries, time limits, errors
//    and credentials are the library's. This one speaks enough of Anthropic's Messages API for plain text.
interface MiniMessage {
  id: string;
  model: string;
  content: { type: string; text?: string }[];
  usage: { input_tokens: number; output_tokens: number };
}

class MiniDecoder implements Decoder<ChatCompletionChunk> {
  done = false;
  #id = '';
  #model = '';

  push({ data }: { data: string }, out: ChatCompletionChunk[]): void {
    const event = JSON.parse(data) as { type: string; message?: MiniMessage; delta?: { text?: string } };
    if (event.message) [this.#id, this.#model] = [event.message.id, event.message.model];
    if (event.delta?.text) out.push(this.#chunk({ content: event.delta.text }, null));
    if (event.type === 'message_stop') {
      out.push(this.#chunk({}, 'stop'));
      this.done = true;
    }
  }

  #chunk(delta: { content?: string }, finish_reason: 'stop' | null): ChatCompletionChunk {
    const created = 0;
    const choices = [{ index: 0, delta, finish_reason }];
    return { id: this.#id, object: 'chat.completion.chunk', created, model: this.#model, choices };
  }
}

const mini: Provider = {
  name: 'mini',
  base: `${server.url}/anthropic`,
  env: { key: ['MINI_API_KEY'] },
  auth: { header: 'x-api-key' },
  headers: { 'anthropic-version': '2023-06-01' },
  endpoints: {
    chat: {
      params: { max_tokens: true, temperature: true, stop: 'stop_sequences' },
      request: ({ model, params, stream }, mapped) => ({
        method: 'POST',
        path: '/v1/messages',
        body: { max_tokens: 1024, ...mapped, model, messages: params.messages, stream },
      }),
      response(body) {
        const { id, model, content, usage } = body as MiniMessage;
        const [prompt_tokens, completion_tokens] = [usage.input_tokens, usage.output_tokens];
        const text = content.map((block) => block.text ?? '').join('');
        const message = { role: 'assistant' as const, content: text, refusal: null };
        return {
          id,
          object: 'chat.completion',
          created: 0,
          model,
          choices: [{ index: 0, message, logprobs: null, finish_reason: 'stop' }],
          usage: { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens },
        };
      },
      stream: { framing: 'sse', decoder: () => new MiniDecoder() },
    },
  },
};

const client = createCallm({ providers: [mini], env: { MINI_API_KEY: 'demo-key' } });
const whole = await client.completion({ model: 'mini/one', messages });
console.log(`mini: ${whole.choices[0]?.message.content} (${whole.usage?.total_tokens} tokens)`);

const stream = await client.completion({ model: 'mini/one', messages, stream: true });
process.stdout.write('mini, streamed:');
for await (const chunk of stream) process.stdout.write(` [${chunk.choices[0]?.delta.content?.trim() ?? ''}]`);
console.log();

// A key that is refused: errors are mapped without a line of the provider's.
await client.completion({ model: 'mini/one', messages, api_key: 'bad-key' }).catch((error: unknown) => {
  console.log(String(error));
});

await client.close();
await server.close();
