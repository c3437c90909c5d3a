// Answers by a schema: zod, arktype, plain JSON Schema. Run: npm run build && npx tsx examples/structured-output.ts
import { type } from 'arktype';
import { completion } from 'callm';
import { z } from 'zod';
import { offline } from './offline.js';

const server = await offline();

// Any Standard Schema that can tell its JSON Schema will do; `parsed` has its output type.
const Person = z.object({ name: z.string(), age: z.int().min(0), languages: z.array(z.string()) });
for (const model of ['openai/gpt-4o-mini', 'anthropic/claude-haiku-4-5', 'gemini/gemini-2.5-flash']) {
  const { choices } = await completion({
    model,
    messages: [{ role: 'user', content: 'Ada Lovelace was 36 years old and spoke English, French and Italian.' }],
    response_format: Person,
  });
  const person = choices[0]?.message.parsed;
  console.log(`${model}: ${person?.name}, ${person?.age}, ${person?.languages.join('/')}`);
}

const City = type({ city: 'string', inhabitants: 'number.integer > 0' });
const city = await completion({
  model: 'openai/gpt-4o-mini',
  messages: [{ role: 'user', content: 'Lisbon has 567131 inhabitants.' }],
  response_format: City,
});
console.log(`arktype: ${city.choices[0]?.message.parsed?.city}, ${city.choices[0]?.message.parsed?.inhabitants}`);

// A plain JSON Schema: checked as well, the answer is the JSON text. OpenAI's own form
// `{ type: 'json_schema', json_schema: { … } }` is taken too, and its answers are handed on unchecked.
const plain = await completion({
  model: 'gemini/gemini-2.5-flash',
  messages: [{ role: 'user', content: 'Judge this review in one word: a bad film.' }],
  response_format: {
    type: 'object',
    properties: { verdict: { enum: ['good', 'bad'] } },
    required: ['verdict'],
    additionalProperties: false,
  },
});
console.log(`plain: ${plain.choices[0]?.message.content}`);

await server.close();
