// From the `openai` package to callm. Run: npm run build && npx tsx examples/migrate-from-openai.ts
import { isDeepStrictEqual } from 'node:util';
import { completion, embedding, RateLimitError } from 'callm';
import OpenAI from 'openai';
import { offline } from './offline.js';

const server = await offline();
const messages = [{ role: 'user' as const, content: 'Say: the same body, the same answer.' }];

// Before. (`apiKey` and `baseURL` come from OPENAI_API_KEY and OPENAI_BASE_URL, here as there.)
const openai = new OpenAI();
const before = await openai.chat.completions.create({ model: 'gpt-4o-mini', messages, temperature: 0 });

// After: a function instead of a client, a prefix before the model's name. Parameters and results stay.
const after = await completion({ model: 'openai/gpt-4o-mini', messages, temperature: 0 });
console.log(`same choices: ${isDeepStrictEqual(JSON.parse(JSON.stringify(after.choices)), before.choices)}`);

// And with another provider nothing but the model changes.
const other = await completion({ model: 'anthropic/claude-haiku-4-5', messages, temperature: 0 });
console.log(`anthropic: ${other.choices[0]?.message.content}`);

// Streams are read in the same way, and end in the same way.
const oldStream = await openai.chat.completions.create({ model: 'gpt-4o-mini', messages, stream: true });
const newStream = await completion({ model: 'openai/gpt-4o-mini', messages, stream: true });
let was = '';
let is = '';
for await (const chunk of oldStream) was += chunk.choices[0]?.delta.content ?? '';
for await (const chunk of newStream) is += chunk.choices[0]?.delta.content ?? '';
console.log(`same stream: ${was === is}`);

// Error classes keep their names and fields.
await completion({
  model: 'openai/gpt-4o-mini',
  messages: [{ role: 'user', content: 'rate limit' }],
  num_retries: 0,
}).catch((error: unknown) => {
  if (!(error instanceof RateLimitError)) throw error;
  console.log(`${error.name}: status ${error.status}, code ${error.code}, type ${error.type}`);
});

const { data } = await embedding({ model: 'openai/text-embedding-3-small', input: 'vectors too' });
console.log(`embedding: ${data[0]?.embedding.length} numbers`);

// What is spelled differently: times are seconds, and options go into the call itself.
//   new OpenAI({ apiKey, baseURL, timeout: 30_000, maxRetries: 1 })
//   completion({ api_key, api_base, timeout: 30, num_retries: 1, … })   or   createCallm({ api_key, … })
await server.close();
