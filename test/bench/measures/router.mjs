// What a Router adds to a bare client over the same scripted transport; the client stands for raw here.
import { runScript } from '../processes.mjs';

const rows = [
  {
    name: 'call among 50 deployments, beyond a client',
    what: 'call',
    argument: 'simple-shuffle',
    unit: 'µs',
    goal: 10,
  },
  { name: 'the same, least-busy', what: 'call', argument: 'least-busy', unit: 'µs', goal: 10 },
  { name: 'the same, latency-based', what: 'call', argument: 'latency-based-routing', unit: 'µs', goal: 10 },
  { name: 'chunk, beyond a client', what: 'chunk', argument: 'raise', unit: 'µs', goal: 0.1 },
  { name: 'the same, mid_stream: restart', what: 'chunk', argument: 'restart', unit: 'µs', goal: 0.1 },
  { name: 'pick among 1,000, weights, beyond 2', what: 'pick', argument: 'simple-shuffle', unit: 'µs', goal: 20 },
  { name: 'the same, least-busy', what: 'pick', argument: 'least-busy', unit: 'µs', goal: 20 },
  { name: 'the same, latency-based', what: 'pick', argument: 'latency-based-routing', unit: 'µs', goal: 20 },
  { name: '10,000 deployments constructed', what: 'construct', unit: 'ms', goal: 200 },
  { name: 'growth of the heap over 100,000 calls', what: 'heap', unit: 'KB', goal: 100 },
];

export async function measure({ field, quick, row }) {
  if (!field.callm) return;
  for (const { what, argument, ...told } of rows) {
    const args = [what, quick ? '5' : '15', ...(argument === undefined ? [] : [argument])];
    const { raw, callm } = await runScript('router-probe.mjs', args, ['--expose-gc']);
    row({
      ...told,
      absolute: true,
      results: { ...(raw !== undefined && { raw: { value: raw } }), callm: { value: callm } },
    });
  }
}
