// Embeddings and reranking. Run: npm run build && npx tsx examples/embeddings-rerank.ts
import { embedding, rerank } from 'callm';
import { offline } from './offline.js';

const server = await offline();

const documents = [
  'The cat sleeps on the warm sofa.',
  'Interest rates rose by a quarter point.',
  'A kitten and a cat play with wool.',
];
const query = 'Where does the cat sleep?';

const cosine = (a: readonly number[], b: readonly number[]): number => {
  const dot = (x: readonly number[], y: readonly number[]): number =>
    x.reduce((sum, value, i) => sum + value * (y[i] ?? 0), 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
};

for (const model of ['openai/text-embedding-3-small', 'gemini/gemini-embedding-001']) {
  const { data } = await embedding({ model, input: [query, ...documents], dimensions: 256 });
  const [asked, ...vectors] = data.map((entry) => entry.embedding);
  if (asked === undefined) throw new Error('no vectors');
  console.log(`${model}: ${data.length} vectors of ${asked.length}`);
  for (const [i, vector] of vectors.entries()) console.log(`  ${cosine(asked, vector).toFixed(3)}  ${documents[i]}`);
}

const { results } = await rerank({ model: 'cohere/rerank-v3.5', query, documents, top_n: 2 });
console.log('cohere/rerank-v3.5:');
for (const { index, relevance_score } of results) console.log(`  ${relevance_score.toFixed(3)}  ${documents[index]}`);

await server.close();
