// The price list: CPU and memory of loading it, and CPU of one bill, beside a fixed loop that tells how busy the machine is.
import { median } from '../rounds.mjs';
import { runScript } from '../processes.mjs';

export async function measure({ field, quick, row }) {
  if (!field.callm) return;
  const found = [];
  for (let round = 0; round < (quick ? 3 : 9); round++)
    found.push(await runScript('prices-probe.mjs', [quick ? '20000' : '100000'], ['--expose-gc']));
  const show = (name, unit, goal, read, note) =>
    row({ name, unit, goal, absolute: true, results: { callm: { value: median(found.map(read)) } }, note });
  show('prices, CPU of loading', 'ms', 10, ({ load }) => load);
  show('prices, heap after loading', 'MB', 8, ({ heap }) => heap);
  show('prices, resident memory after loading', 'MB', 16, ({ resident }) => resident);
  const loop = median(found.map((each) => each.loop)).toFixed(2);
  for (const kind of Object.keys(found[0].bills))
    show(`one bill, ${kind}`, 'µs', 3, ({ bills }) => bills[kind], `the fixed loop took ${loop} µs`);
  show('prices in a call', 'µs', 10, ({ call }) => call);
}
