/**
 * What 100,000 calls over a Router leave on the heap, by a runner that answers at once. Run by hand:
 *
 *   npx tsx --expose-gc test/router/fire/heap.ts [calls]
 */
import { Router } from '../../../src/index.js';
import { InternalServerError } from '../../../src/core/errors.js';
import type { Runner } from '../../../src/core/spec.js';
import type { RouterOptions } from '../../../src/router/types.js';

/** Answers in a microtask; one call in seven fails, with no beat that calls at once could fall into. */
export function scripted(): Runner {
  let calls = 0;
  let dice = 7;
  const run = async (_: string, input: { model: string; messages: { content: string }[] }): Promise<object> => {
    calls++;
    dice = (Math.imul(dice, 1_664_525) + 1_013_904_223) >>> 0;
    const row = { provider: 'scripted', model: input.model, start: calls, status: 200, end: 0.01 };
    if (dice / 2 ** 32 < 1 / 7) {
      const error = new InternalServerError('it is ill');
      error.attempts = [{ ...row, status: 500, error: 'InternalServerError' }];
      throw error;
    }
    const usage = { prompt_tokens: 5, completion_tokens: 5, total_tokens: 10 };
    const answer = { id: `a${calls}`, choices: [{ index: 0, message: { role: 'assistant', content: 'hi' } }], usage };
    const hidden = {
      response_cost: 0.001,
      headers: {},
      attempts: [{ ...row, usage, cost: 0.001 }],
      latency: {},
      warnings: [],
    };
    return Object.defineProperty(answer, '_hidden_params', { value: hidden, enumerable: false });
  };
  return { run } as unknown as Runner;
}

export interface Weights {
  /** Bytes on the heap after every tenth of the calls. */
  heap: number[];
  failures: number;
}

/** Makes calls, some at once, each with a signal, a session and a deadline. */
export async function weigh(calls: number, collect: () => void, options: RouterOptions = {}): Promise<Weights> {
  const router = new Router({
    model_list: Array.from({ length: 10 }, (_, at) => ({
      model_name: 'main',
      litellm_params: { model: `openai/m${at}`, rpm: 1_000_000, tpm: 1_000_000_000, max_parallel_requests: 20 },
      model_info: { id: `d${at}` },
    })),
    client: scripted(),
    routing_strategy: 'latency-based-routing',
    enable_pre_call_checks: true,
    num_retries: 9,
    ...options,
  });
  const { signal } = new AbortController();
  const heap: number[] = [];
  let failures = 0;
  let next = 0;
  const part = calls / 10;
  for (let tenth = 1; tenth <= 10; tenth++) {
    const work = async (): Promise<void> => {
      while (next < tenth * part) {
        const number = next++;
        await router
          .completion({
            model: 'main',
            messages: [{ role: 'user', content: `question ${number}` }],
            metadata: { session_id: `s${number % 500}` },
            deadline: 100,
            signal,
          })
          .catch(() => failures++);
      }
    };
    await Promise.all(Array.from({ length: 50 }, work));
    await new Promise((resolve) => setTimeout(resolve, 20));
    collect();
    heap.push(process.memoryUsage().heapUsed);
  }
  await router.close();
  return { heap, failures };
}

const [, program = '', asked = '100000'] = process.argv;
if (program.endsWith('heap.ts')) {
  const { gc } = globalThis as { gc?: () => void };
  if (gc === undefined) throw new Error('needs --expose-gc');
  for (const options of [{}, { hedge: { after: 5 } }]) {
    const begun = performance.now();
    const { heap, failures } = await weigh(Number(asked), gc, options);
    const grown = ((heap.at(-1) as number) - (heap[1] as number)) / 1e6;
    console.log(
      `${JSON.stringify(options)}: ${asked} calls in ${((performance.now() - begun) / 1000).toFixed(1)} s, ${failures} failed; ` +
        `heap after each tenth ${heap.map((bytes) => (bytes / 1e6).toFixed(2)).join(' ')} MB; from the second on ${grown.toFixed(2)} MB`,
    );
  }
}
