/** The heap does not grow with the number of calls; `heap.ts` does the same for 100,000. */
import v8 from 'node:v8';
import vm from 'node:vm';
import { expect, test } from 'vitest';
import { weigh } from './heap.js';

test('ten thousand calls leave the heap as it was', async () => {
  v8.setFlagsFromString('--expose-gc');
  const collect = vm.runInNewContext('gc') as () => void;
  const { heap, failures } = await weigh(10_000, collect);
  expect(failures).toBe(0);
  // A hundred bytes for each of the last 8,000 calls.
  expect((heap.at(-1) as number) - (heap[1] as number)).toBeLessThan(800_000);
}, 60_000);
