// What loading the library costs in a fresh process: CPU and resident memory between the start of the import and its
// end, so that the start of Node itself is not in it.
import { median } from '../rounds.mjs';
import { runScript } from '../processes.mjs';

export async function measure({ origin, field, quick, row }) {
  const cases = [['undici'], ['tiny']];
  if (field.callm) cases.push(['callm'], ['callm', `${origin}/call/v1`]);
  if (field.peers.length > 0) cases.push(['openai'], ['ai']);
  const key = ([name, call]) => (call ? `${name} + call` : name);
  const cpu = {};
  const rss = {};
  const errors = {};
  for (let run = 0; run < (quick ? 4 : 13); run++) {
    for (const args of cases) {
      if (errors[key(args)]) continue;
      try {
        const found = await runScript('import-probe.mjs', args);
        // The first run only warms the file system's cache.
        if (run === 0) continue;
        (cpu[key(args)] ??= []).push(found.cpu);
        (rss[key(args)] ??= []).push(found.rss / 1e6);
      } catch (error) {
        errors[key(args)] = { error: error.message };
      }
    }
  }
  const ratios = (name) => {
    if (errors[name]) return errors[name];
    if (cpu[name] === undefined) return undefined;
    return { value: median(cpu[name]), ratio: median(cpu[name].map((value, i) => value / cpu.undici[i])) };
  };
  const growth = (name) => errors[name] ?? (rss[name] && { value: median(rss[name]) });
  const peers = (of) => ({ openai: of('openai'), ai: of('ai') });
  row({
    name: 'import, CPU to import undici',
    unit: 'µs',
    goal: 0.25,
    results: { raw: ratios('undici'), callm: ratios('callm'), ...peers(ratios) },
    note: `an ES module of one line: ${(median(cpu.tiny) / 1000).toFixed(1)} ms`,
  });
  row({
    name: 'import + first call, CPU to import undici',
    unit: 'µs',
    goal: 0.7,
    results: { raw: ratios('undici'), callm: ratios('callm + call') },
  });
  row({
    name: 'import, growth of RSS',
    unit: 'MB',
    absolute: true,
    goal: 5,
    results: { raw: growth('undici'), callm: growth('callm'), ...peers(growth) },
  });
}
