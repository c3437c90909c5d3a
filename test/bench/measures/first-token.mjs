// Time from the call to the first piece of text; the server sends it at once and the rest 2 ms later.
import { enter, median, namesFor } from '../rounds.mjs';

export async function measure({ origin, field, quick, row }) {
  const base = `${origin}/first`;
  const names = namesFor('openai', field);
  const contest = await enter({ measure: 'first-token', wire: 'openai', base, names });
  await contest.warmUp(quick ? 4 : 15, { count: 40 });
  const results = await contest.compare(quick ? 5 : 21, { count: 40 });
  contest.stop();
  row({ name: 'first token, OpenAI', unit: 'µs', goal: 1.05, results });
}

/** Wall microseconds, the median of the trials. */
export async function work(client, { count }) {
  const times = [];
  for (let i = 0; i < count; i++) {
    let first = 0n;
    const start = process.hrtime.bigint();
    await client.stream(() => {
      if (first === 0n) first = process.hrtime.bigint();
    });
    times.push(Number(first - start) / 1000);
  }
  return median(times);
}
