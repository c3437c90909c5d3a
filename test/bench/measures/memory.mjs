// Memory of streams: what one open stream keeps alive, and the highest resident size while 200 run side by side.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { textLength } from '../bodies.mjs';
import { contenders, startWorker } from '../processes.mjs';
import { median, namesFor } from '../rounds.mjs';
import { CHUNKS, HELD_AFTER } from '../setup.mjs';

const STREAMS = 200;

export async function measure({ origin, field, quick, row }) {
  const names = namesFor('openai', field);
  const two = names.filter((name) => name === 'raw' || name === 'callm');
  const live = {};
  const peak = {};
  for (const name of names) await once(live, name, { kind: 'hold', origin, execArgv: ['--expose-gc'] });
  // The peak depends on when garbage happens to be collected, what is alive does not.
  for (let run = 0; run < (quick ? 1 : 5); run++) {
    for (const name of two) await once(peak, name, { kind: 'burst', origin, execArgv: [] });
  }
  const values = (found, who) => Object.fromEntries(who.map((name) => [name, summary(found[name])]));
  row({ name: 'live heap of an open stream', unit: 'KB', absolute: true, goal: 20, results: values(live, names) });
  const peaks = values(peak, two);
  if (peaks.callm?.value) peaks.callm.ratio = peaks.callm.value / peaks.raw.value;
  row({ name: `peak RSS, ${STREAMS} streams at once`, unit: 'MB', goal: 1, results: peaks });
}

/** One fresh process, one number. */
async function once(found, name, { kind, origin, execArgv }) {
  const job = { contender: contenders[name].file, measure: 'memory', wire: 'openai' };
  try {
    const worker = await startWorker({ ...job, base: `${origin}/${kind}` }, execArgv);
    try {
      (found[name] ??= []).push(await worker.round({ kind, origin }));
    } finally {
      worker.stop();
    }
  } catch (error) {
    found[name] = error;
  }
}

const summary = (found) => (found instanceof Error ? { error: found.message } : { value: median(found) });

export const work = (client, { kind, origin }) => (kind === 'hold' ? liveHeap(client, origin) : peakRss(client));

/**
 * Kilobytes of live heap, with the buffers outside it, per stream that has delivered 50 chunks and waits for more.
 * Its connection is included: nearly all of the 200 are new.
 */
async function liveHeap(client, origin) {
  await withHeld(client, origin, 8, () => {}); // loads what is loaded late
  const before = await collected();
  let during;
  await withHeld(client, origin, STREAMS, async () => {
    during = await collected();
  });
  return (during - before) / STREAMS / 1000;
}

async function collected() {
  for (let i = 0; i < 4; i++) {
    globalThis.gc();
    await sleep(20); // finalizers run in between, and free more
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Opens streams, calls `inspect` while all of them wait for their 51st chunk, then lets them end. */
async function withHeld(client, origin, count, inspect) {
  let pieces = 0;
  let failed = false;
  const finished = Promise.all(Array.from({ length: count }, () => client.stream(() => pieces++)));
  finished.catch(() => (failed = true));
  while (pieces < count * HELD_AFTER) {
    if (failed) await finished; // rejects
    await sleep(10);
  }
  await sleep(100);
  await inspect();
  await (await fetch(`${origin}/release`)).text();
  await finished;
}

/** The highest resident size, in megabytes, after 200 streams of 2,000 chunks ran side by side. */
async function peakRss(client) {
  const length = textLength(CHUNKS.burst);
  await Promise.all(
    Array.from({ length: STREAMS }, async () => {
      let seen = 0;
      await client.stream((piece) => {
        seen += piece.length;
      });
      if (seen !== length) throw new Error(`${seen} characters came instead of ${length}`);
    }),
  );
  return highWater() / 1000;
}

/** Kilobytes. On Linux the kernel's own mark for this process: getrusage would begin with the size of the parent. */
function highWater() {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS;
  return Number(/VmHWM:\s*(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
}
