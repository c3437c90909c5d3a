// CPU of counting tokens with gpt-tokenizer's tables, against gpt-tokenizer itself, which stands for raw here.
import { median } from '../rounds.mjs';
import { runScript } from '../processes.mjs';

export async function measure({ field, quick, row }) {
  const names = field.callm ? ['raw', 'callm'] : ['raw'];
  const found = { raw: [], callm: [] };
  for (let round = 0; round < (quick ? 3 : 7); round++)
    for (const name of names) found[name].push(await runScript('tokens-probe.mjs', [name, quick ? '9' : '25']));
  const kinds = Object.keys(found.raw[0].cpu);
  for (const kind of field.callm ? kinds : []) {
    const [raw, own] = [found.raw[0].counts[kind], found.callm[0].counts[kind]];
    if (raw !== own) throw new Error(`${kind}: ${own} tokens, not ${raw}`);
  }
  const show = (name, goal, read) => {
    const raw = found.raw.map(read);
    const callm = field.callm && {
      value: median(found.callm.map(read)),
      ratio: median(found.callm.map((each, round) => read(each) / raw[round])),
    };
    row({ name, unit: 'µs', goal, results: { raw: { value: median(raw) }, ...(callm && { callm }) } });
  };
  for (const kind of kinds) show(`tokens of ${kind}, to gpt-tokenizer`, 1.1, ({ cpu }) => cpu[kind]);
  show('first count with its load, to the same', 1.1, ({ load }) => load);
}
