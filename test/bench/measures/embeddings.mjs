// CPU of an embeddings call: the request, and vectors of 1,536 numbers handed over as arrays. Raw takes the floats
// as JSON; `base64` is what asking for base64 and decoding it by hand would need.
import { inputs } from '../setup.mjs';
import { enter, namesFor } from '../rounds.mjs';

const cases = [
  { vectors: 1, count: 400, goal: 0.95 },
  { vectors: 256, count: 6, goal: 1.8 },
];

export async function measure({ origin, field, quick, row }) {
  for (const { vectors, count, goal } of cases) {
    const options = { vectors, count: quick ? count / 2 : count };
    const names = [...namesFor('openai', field), 'base64'];
    const base = `${origin}/vectors-${vectors}`;
    const contest = await enter({ measure: 'embeddings', wire: 'openai', base, names });
    await contest.warmUp(quick ? 1 : 3, options);
    const results = await contest.compare(quick ? 3 : 7, options);
    contest.stop();
    row({ name: `embeddings, ${vectors} × 1,536`, unit: 'µs', goal, results });
  }
}

/** CPU microseconds per call. */
export async function work(client, { vectors, count, share }) {
  const input = inputs(vectors);
  const calls = Math.max(1, Math.round(count * share));
  const before = process.cpuUsage();
  for (let i = 0; i < calls; i++) {
    const rows = await client.embed(input);
    if (rows.length !== vectors || rows[0].length !== 1536 || typeof rows[0][0] !== 'number') {
      throw new Error(`not ${vectors} vectors of 1,536 numbers`);
    }
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / calls;
}
