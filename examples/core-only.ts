// A client that knows one provider, for small bundles. Run: npm run build && npx tsx examples/core-only.ts
import { createCallm } from 'callm/core';
import { anthropic } from 'callm/providers/anthropic';
import { offline } from './offline.js';

const server = await offline();

// `callm` finds providers by name and loads them at their first use; `callm/core` has those it is given and no others.
const { completion, close } = createCallm({ providers: [anthropic] });
const messages = [{ role: 'user' as const, content: 'Say: small and sufficient.' }];

const stream = await completion({ model: 'anthropic/claude-haiku-4-5', messages, stream: true });
for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta.content ?? '');
console.log();

await completion({ model: 'openai/gpt-4o-mini', messages }).catch((error: unknown) => console.log(String(error)));

await close();
await server.close();
