// Streamed answers. Run: npm run build && npx tsx examples/streaming.ts
import { type ChatMessage, completion } from 'callm';
import { offline } from './offline.js';

const server = await offline();

const messages: ChatMessage[] = [{ role: 'user', content: 'Say: one answer, word by word.' }];

// The promise settles with the first content: what fails before that rejects here, and was retried.
const stream = await completion({ model: 'anthropic/claude-haiku-4-5', messages, stream: true });
for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta.content ?? '');

// The same answer in one piece, with usage; `final()` may be called at any time, also without a loop.
const whole = await stream.final();
console.log(`\nfinish: ${whole.choices[0]?.finish_reason}, tokens: ${whole.usage?.total_tokens}`);

// Leaving the loop closes the connection.
const left = await completion({ model: 'openai/gpt-4o-mini', messages, stream: true });
for await (const chunk of left) {
  console.log(`left after: ${JSON.stringify(chunk.choices[0]?.delta.content)}`);
  break;
}

// OpenAI's `stream_options` works with every provider: the last chunk carries usage and no choice.
const counted = await completion({
  model: 'gemini/gemini-2.5-flash',
  messages,
  stream: true,
  stream_options: { include_usage: true },
});
for await (const chunk of counted) if (chunk.usage) console.log(`usage chunk: ${chunk.usage.total_tokens} tokens`);

// Two readers of one stream, each at its own pace.
const [first, second] = (await completion({ model: 'openai/gpt-4o-mini', messages, stream: true })).tee();
const [a, b] = await Promise.all([first.final(), second.final()]);
console.log(`both got: ${a.choices[0]?.message.content === b.choices[0]?.message.content}`);

await server.close();
