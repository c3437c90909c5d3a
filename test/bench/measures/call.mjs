// CPU of a non-streamed chat completion.
import { text } from '../bodies.mjs';
import { enter, namesFor } from '../rounds.mjs';

const wires = {
  openai: 'OpenAI',
  anthropic: 'Anthropic',
  gemini: 'Gemini',
  vertex: 'Claude on Vertex AI',
  invoke: 'Claude on Bedrock',
  signed: 'the same, signed',
};
const sequential = { inFlight: 1, count: 800 };
const parallel = { inFlight: 64, count: 3200 };

export async function measure({ origin, field, quick, row }) {
  const sized = ({ inFlight, count }) => ({ inFlight, count: quick ? count / 2 : count });
  for (const [wire, label] of Object.entries(wires)) {
    const contest = await enter({ measure: 'call', wire, base: `${origin}/call`, names: namesFor(wire, field) });
    // A client needs some thousand calls until it is compiled; many at once get there soonest.
    await contest.warmUp(quick ? 2 : 6, parallel);
    await contest.warmUp(quick ? 1 : 2, sequential);
    const rounds = quick ? 3 : 7;
    const alone = await contest.compare(rounds, sized(sequential));
    row({ name: `call, ${label}, sequential`, unit: 'µs', goal: 0.95, results: alone });
    const together = await contest.compare(rounds, sized(parallel));
    row({ name: `call, ${label}, 64 in flight`, unit: 'µs', goal: 1.25, results: together });
    contest.stop();
  }
}

/** CPU microseconds per call. */
export async function work(client, { inFlight, count, share }) {
  const lane = async (calls) => {
    for (let i = 0; i < calls; i++) {
      const answer = await client.complete();
      if (answer !== text) throw new Error(`wrong text: ${answer.slice(0, 80)}`);
    }
  };
  const lanes = (calls) => Promise.all(Array.from({ length: inFlight }, () => lane(calls)));
  await lanes(1);
  const calls = Math.ceil((count * share) / inFlight);
  const before = process.cpuUsage();
  await lanes(calls);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / (calls * inFlight);
}
