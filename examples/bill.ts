// What a session with several providers cost, line by line. Run: npm run build && npx tsx examples/bill.ts
import { completion, completionCost, embedding, explainCost, rerank } from 'callm';
import { offline } from './offline.js';

const server = await offline();

interface Line {
  what: string;
  quantity: string;
  rate: string;
  amount: number;
}
const bill: Line[] = [];

/** USD; null is not known, which is not the same as nothing. */
const dollars = (amount: number | null): string => (amount === null ? 'unknown' : `$${amount.toFixed(8)}`);
const perMillion = (rate: number): string => `$${(rate * 1e6).toFixed(3)}/M`;

/** Every result tells its usage; `explainCost` makes the bill of it. */
async function note(model: string, result: object, call_type?: string): Promise<void> {
  const { total, lines, source } = await explainCost({
    model,
    completion_response: result,
    ...(call_type !== undefined && { call_type }),
  });
  for (const { kind, quantity, unit, rate, amount } of lines)
    bill.push({
      what: `${model}, ${kind.replaceAll('_', ' ')}`,
      quantity: `${quantity} ${unit}`,
      rate: unit === 'token' ? perMillion(rate) : `$${rate}`,
      amount,
    });
  const by = source ?? 'the provider itself';
  console.log(`${model}: ${dollars(total)}${total === null ? '' : `, by ${by}`}`);
}

const question = { role: 'user' as const, content: 'When is high water at Sines?' };
for (const model of ['openai/gpt-4o-mini', 'anthropic/claude-haiku-4-5', 'gemini/gemini-2.5-flash'])
  await note(model, await completion({ model, messages: [question] }));

// In a stream the bill stands at its end.
const stream = await completion({ model: 'openai/gpt-4o', messages: [question], stream: true });
for await (const _ of stream);
const streamed = await stream.final();
await note('openai/gpt-4o', streamed);
const { response_cost } = streamed._hidden_params;
console.log(`the stream itself says ${dollars(response_cost)}`);

const vectors = await embedding({ model: 'openai/text-embedding-3-small', input: ['ebb', 'flood'] });
await note('openai/text-embedding-3-small', vectors, 'embedding');
const ranked = await rerank({ model: 'cohere/rerank-v3.5', query: 'tides', documents: ['ebb', 'rates'] });
await note('cohere/rerank-v3.5', ranked, 'rerank');

const wide = (read: (line: Line) => string): number => Math.max(...bill.map((line) => read(line).length));
const [first, second, third] = [wide(({ what }) => what), wide(({ quantity }) => quantity), wide(({ rate }) => rate)];
console.log('');
for (const { what, quantity, rate, amount } of bill)
  console.log(`${what.padEnd(first)}  ${quantity.padStart(second)}  ${rate.padStart(third)}  ${dollars(amount)}`);
const total = bill.reduce((sum, { amount }) => sum + amount, 0);
console.log(`${'total'.padEnd(first + second + third + 4)}  ${dollars(total)}`);

const usage = { prompt_tokens: 1200, completion_tokens: 300 };
console.log(`a model that nobody prices: ${dollars(await completionCost({ model: 'acme/poet', usage }))}`);

await server.close();
