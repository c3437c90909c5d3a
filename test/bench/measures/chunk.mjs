// CPU of one chunk of a stream.
import { textLength } from '../bodies.mjs';
import { enter, namesFor } from '../rounds.mjs';
import { CHUNKS } from '../setup.mjs';

const cases = [
  { label: 'chunk, OpenAI', wire: 'openai', kind: 'burst', goal: 1.15 },
  { label: 'chunk, Anthropic', wire: 'anthropic', kind: 'burst', goal: 1.6 },
  { label: 'chunk, Claude on Vertex AI', wire: 'vertex', kind: 'burst', goal: 1.6 },
  { label: 'chunk, Claude on Bedrock', wire: 'invoke', kind: 'burst', goal: 1.6 },
  { label: 'chunk, Bedrock Converse', wire: 'converse', kind: 'burst', goal: 1.6 },
  { label: 'chunk, Gemini', wire: 'gemini', kind: 'burst', goal: 1.3 },
  { label: 'lone chunk, OpenAI', wire: 'openai', kind: 'lone', goal: 1 },
];

export async function measure({ origin, field, quick, row }) {
  for (const { label, wire, kind, goal } of cases) {
    const options =
      kind === 'burst' ? { kind, count: quick ? 15 : 40, inFlight: 1 } : { kind, count: 16, inFlight: 16 };
    const contest = await enter({ measure: 'chunk', wire, base: `${origin}/${kind}`, names: namesFor(wire, field) });
    await contest.warmUp(quick ? 1 : 2, options);
    const results = await contest.compare(quick ? 3 : 7, options);
    contest.stop();
    row({ name: label, unit: 'µs', goal, results });
  }
}

/** CPU microseconds per chunk of text. */
export async function work(client, { kind, count, inFlight, share }) {
  const length = textLength(CHUNKS[kind]);
  const one = async () => {
    let seen = 0;
    await client.stream((piece) => {
      seen += piece.length;
    });
    if (seen !== length) throw new Error(`${seen} characters came instead of ${length}`);
  };
  // Lone chunks come a millisecond apart: streams side by side keep the process busy, as on a real server.
  const streams = inFlight === 1 ? Math.ceil(count * share) : count;
  const before = process.cpuUsage();
  for (let i = 0; i < streams; i += inFlight) await Promise.all(Array.from({ length: inFlight }, one));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / (streams * CHUNKS[kind]);
}
