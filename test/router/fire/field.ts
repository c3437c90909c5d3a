/** A Router over servers on loopback, and an eye on what it leaves behind. */
import { createHook } from 'node:async_hooks';
import { getEventListeners } from 'node:events';
import { expect } from 'vitest';
import {
  createCallm,
  Router,
  type AttemptRow,
  type ChatCompletion,
  type ChatCompletionChunk,
  type ChatStream,
} from '../../../src/index.js';
import type { DeploymentEntry, RouterEvent, RouterOptions } from '../../../src/router/types.js';
import { type Answer, sendEvents, serve, sleep, type TestServer, until } from '../../behaviour/server.js';
import { openai, streamOf, type TestWire } from '../../behaviour/wires.js';

export const question = [{ role: 'user' as const, content: 'Tell me something.' }];

/** A whole stream. */
export const good =
  (wire: TestWire, ...texts: string[]): Answer =>
  (res) => {
    sendEvents(res, ...streamOf(wire, ...texts));
    res.end();
  };

/** A stream whose connection is cut after these events. */
export const cutAfter =
  (wire: TestWire, ...events: string[]): Answer =>
  async (res) => {
    sendEvents(res, wire.start, ...events);
    await sleep(15);
    res.socket?.resetAndDestroy();
  };

/** A deployment on a server, of the group `main` unless told otherwise. */
export function deployment(
  id: string,
  server: Pick<TestServer, 'url'>,
  params: Record<string, unknown> = {},
  wire: TestWire = openai,
  model_name = 'main',
): DeploymentEntry {
  return {
    model_name,
    litellm_params: { model: wire.model, api_base: wire.base(server), api_key: `sk-${id}-0123456789`, ...params },
    model_info: { id },
  };
}

export interface Field {
  router: Router;
  servers: Record<string, TestServer>;
  events: RouterEvent[];
  close(): Promise<void>;
}

/** One server and one deployment for each answer; tried in their order, when nothing else is told. */
export async function field(
  answers: Readonly<Record<string, Answer>>,
  options: RouterOptions = {},
  wire: TestWire = openai,
  params: (id: string) => Record<string, unknown> = () => ({}),
): Promise<Field> {
  const servers: Record<string, TestServer> = {};
  for (const [id, answer] of Object.entries(answers))
    servers[id] = await serve((res, ...more) => {
      // The harness listens on the socket for each request.
      res.socket?.setMaxListeners(0);
      return answer(res, ...more);
    });
  // `spare.one` is a deployment of the group `spare`.
  const groupOf = (id: string): string => (id.includes('.') ? (id.split('.')[0] as string) : 'main');
  const model_list = Object.entries(servers).map(([id, server]) =>
    deployment(id, server, params(id), wire, groupOf(id)),
  );
  return { servers, ...(await overList(model_list, options)) };
}

export async function overList(
  model_list: DeploymentEntry[],
  options: RouterOptions = {},
): Promise<Pick<Field, 'router' | 'events' | 'close'>> {
  const client = createCallm({ env: {} });
  const router = new Router({ model_list, client, routing_strategy: (candidates) => candidates[0], ...options });
  const events: RouterEvent[] = [];
  await router.on('*', (event) => void events.push(event));
  const close = async (): Promise<void> => {
    await router.close();
    await client.close();
  };
  return { router, events, close };
}

export const stream = async (router: Router, options: Record<string, unknown> = {}): Promise<ChatStream> =>
  (await router.completion({
    model: 'main',
    messages: question,
    stream: true,
    ...options,
  } as never)) as unknown as ChatStream;

export const whole = async (
  router: Router,
  options: Record<string, unknown> = {},
): Promise<ChatCompletion & { _hidden_params: { attempts: AttemptRow[]; response_cost: number | null } }> =>
  await router.completion({ model: 'main', messages: question, ...options } as never);

export const said = (result: ChatCompletion): string | null | undefined => result.choices[0]?.message.content;

export const sent = (servers: Record<string, TestServer>): number =>
  Object.values(servers).reduce((sum, { requests }) => sum + requests.length, 0);

/** Which deployments the rows name, in order. */
export const path = (rows: readonly AttemptRow[]): (string | undefined)[] => rows.map((row) => row.deployment);

export const isReset = (chunk: ChatCompletionChunk): boolean =>
  (chunk as { provider_specific_fields?: { reset?: unknown } }).provider_specific_fields?.reset === true;

/** Timers that the library's own code has set and not cleared, and rejections that nobody handles. */
export class Remains {
  readonly timers = new Map<number, string>();
  readonly unhandled: unknown[] = [];
  readonly warnings: Error[] = [];
  readonly #hook = createHook({
    init: (id, type) => {
      if (type !== 'Timeout') return;
      const stack = (new Error().stack ?? '').replaceAll(/[^\n]*node_modules[^\n]*/g, '');
      if (/\/(?:src|providers)\//.test(stack)) this.timers.set(id, stack);
    },
    destroy: (id) => void this.timers.delete(id),
  });
  readonly #note = (reason: unknown): void => void this.unhandled.push(reason);
  readonly #warn = (warning: Error): void => void this.warnings.push(warning);

  begin(): void {
    this.timers.clear();
    this.unhandled.length = 0;
    this.warnings.length = 0;
    this.#hook.enable();
    process.on('unhandledRejection', this.#note);
    process.on('warning', this.#warn);
  }

  stop(): void {
    this.#hook.disable();
    process.off('unhandledRejection', this.#note);
    process.off('warning', this.#warn);
  }
}

/** No timer, no listener, no request on a socket, no rejection, no warning. */
export async function expectNothing(
  remains: Remains,
  signals: readonly AbortSignal[],
  open: () => number,
): Promise<void> {
  for (const signal of signals) expect(getEventListeners(signal, 'abort')).toEqual([]);
  await until(() => open() === 0, `the end of ${open()} requests`);
  // The hook hears of a cleared timer a little later.
  await until(() => remains.timers.size === 0, `timers to be cleared: ${[...remains.timers.values()].join('\n')}`);
  expect(remains.unhandled).toEqual([]);
  expect(remains.warnings.map(String)).toEqual([]);
}
