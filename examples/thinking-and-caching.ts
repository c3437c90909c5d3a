// Anthropic's thinking over two turns, and prompt caching. Run: npm run build && npx tsx examples/thinking-and-caching.ts
import { type ChatMessage, completion, dryRun } from 'callm';
import { offline } from './offline.js';

const server = await offline();
const model = 'anthropic/claude-haiku-4-5';

const messages: ChatMessage[] = [
  // A cache mark on a long, stable prefix; providers without such marks do not get it.
  { role: 'system', content: [{ type: 'text', text: 'You are brief.', cache_control: { type: 'ephemeral' } }] },
  { role: 'user', content: 'Why is the sky blue?' },
];
const thinking = { type: 'enabled', budget_tokens: 1024 } as const;

const first = await completion({ model, messages, thinking, max_tokens: 2048 });
const message = first.choices[0]?.message;
if (message === undefined) throw new Error('no answer');
console.log(`thought: ${message.reasoning_content}`);
console.log(`answer: ${message.content}`);
console.log(`reasoning tokens: ${first.usage?.completion_tokens_details?.reasoning_tokens}`);

// The blocks are signed. The message goes back as it came; a changed one would be refused.
messages.push(message, { role: 'user', content: 'And at dawn?' });
const second = await completion({ model, messages, thinking, max_tokens: 2048 });
console.log(`second turn: ${second.choices[0]?.message.content}`);
console.log(`read from the cache: ${second.usage?.prompt_tokens_details?.cached_tokens} tokens`);

// In a stream the thought comes first, as `reasoning_content`.
const stream = await completion({ model, messages: messages.slice(0, 2), thinking, max_tokens: 2048, stream: true });
let thought = '';
for await (const chunk of stream) thought += chunk.choices[0]?.delta.reasoning_content ?? '';
const blocks = (await stream.final()).choices[0]?.message.thinking_blocks;
console.log(
  `streamed thought: ${thought.split(' ').length} words, signed: ${blocks?.some((block) => 'signature' in block)}`,
);

// `reasoning_effort` is the same wish for any provider; what each gets shows in a dry run.
for (const other of [model, 'gemini/gemini-2.5-flash', 'openai/gpt-5.4-mini']) {
  const { body } = await dryRun('chat', { model: other, messages: messages.slice(0, 2), reasoning_effort: 'low' });
  const { thinking: anthropic, generationConfig, reasoning_effort } = body as Record<string, unknown>;
  console.log(`${other}: ${JSON.stringify(anthropic ?? generationConfig ?? reasoning_effort)}`);
}

await server.close();
