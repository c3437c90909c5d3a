/** What calls leave behind: no timer, no request on a socket, no listener, nothing that keeps the process alive. */
import { createHook } from 'node:async_hooks';
import { spawn } from 'node:child_process';
import { getEventListeners } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Callm, ChatStream } from '../../src/index.js';
import {
  client,
  collect,
  sendEvents,
  sendJson,
  serve,
  serveRaw,
  sleep,
  type TestServer,
  until,
  warmUp,
  within,
} from './server.js';
import { input, messages, openai, streamOf, type TestWire, wires } from './wires.js';

/** Timers set by the library's own code and not cleared since. */
const timers = new Map<number, string>();
const hook = createHook({
  init(id, type) {
    if (type !== 'Timeout') return;
    const stack = new Error().stack ?? '';
    if (/\/(?:src|providers)\//.test(stack.replaceAll(/[^\n]*node_modules[^\n]*/g, ''))) timers.set(id, stack);
  },
  destroy(id) {
    timers.delete(id);
  },
});
const responses: { res: ServerResponse; what: string }[] = [];

beforeAll(async () => {
  await warmUp();
  for (const wire of wires) servers.set(wire.name, await talking(wire));
  hook.enable();
});
afterAll(() => void hook.disable());

/** Answers as the last message asks. */
const talking = (wire: TestWire): Promise<TestServer> =>
  serve(async (res, { text, path }, index) => {
    const what = /do: ([\w ]+)/.exec(text)?.[1] ?? '';
    responses.push({ res, what });
    const whole = (): void => {
      if (text.includes('"stream":true') || path.includes('stream')) {
        sendEvents(res, ...streamOf(wire, 'a', 'b'));
        res.end();
      } else sendJson(res, wire.whole('hi'));
    };
    switch (what) {
      case 'answer':
        return whole();
      case 'refuse':
        return sendJson(res, { error: { message: 'no' } }, 400);
      case 'fail':
        return sendJson(res, { error: { message: 'no' } }, 500, { 'retry-after-ms': '5' });
      case 'fail long':
        return sendJson(res, { error: { message: 'no' } }, 500, { 'retry-after': '20' });
      case 'fail once':
        if (server(wire).filter(({ text: each }) => each.includes('do: fail once')).length % 2 === 1)
          return sendJson(res, { error: { message: 'no' } }, 500, { 'retry-after-ms': '5' });
        return whole();
      case 'page':
        return sendJson(res, '<html>', 200, { 'content-type': 'text/html' });
      case 'cut':
        sendEvents(res, wire.start, wire.text('a'));
        await sleep(10);
        return void res.socket?.resetAndDestroy();
      case 'fault':
        sendEvents(res, wire.start, wire.text('a'), wire.fault('overloaded'));
        return void res.end();
      case 'fault first':
        sendEvents(res, wire.start, wire.fault('overloaded'));
        return void res.end();
      case 'stay open':
        return sendEvents(res, ...streamOf(wire, 'a', 'b'));
      case 'begin':
        return sendEvents(res, wire.start, wire.text('a'), wire.text('b'));
      case 'begin role':
        return sendEvents(res, wire.start);
      case 'begin body':
        res.writeHead(200, { 'content-type': 'application/json' });
        return void res.write('{');
      case 'nothing':
        return;
      default:
        throw new Error(`request ${index} asks for "${what}"`);
    }
  });

const servers = new Map<string, TestServer>();
const server = (wire: TestWire) => servers.get(wire.name)?.requests ?? [];

type Ending = (
  call: (what: string, options?: object) => Promise<unknown>,
  controller: AbortController,
) => Promise<unknown>;
const swallow = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: unknown) => error);
const streamed = { stream: true };
const asStream = (value: unknown): ChatStream => value as ChatStream;

const endings: [string, Ending][] = [
  ['an answer', (call) => call('answer')],
  ['a refusal', (call) => swallow(call('refuse'))],
  ['retries in vain', (call) => swallow(call('fail'))],
  ['a retry', (call) => call('fail once')],
  ['a Retry-After beyond the limit', (call) => swallow(call('fail long', { max_retry_delay: 1 }))],
  ['a page', (call) => swallow(call('page'))],
  ['a timeout', (call) => swallow(call('nothing', { timeout: 0.05, num_retries: 0 }))],
  ['a timeout in the body', (call) => swallow(call('begin body', { timeout: 0.05, num_retries: 0 }))],
  ['the deadline', (call) => swallow(call('nothing', { deadline: 0.05 }))],
  ['bad input', (call) => swallow(call('answer', { temperature: Number.NaN }))],
  ['a refused connection', (call) => swallow(call('answer', { api_base: 'http://127.0.0.1:1', num_retries: 0 }))],
  ['an abort', (call, controller) => (setTimeout(() => controller.abort(), 30), swallow(call('nothing')))],
  [
    'an abort in the body',
    (call, controller) => (setTimeout(() => controller.abort(), 30), swallow(call('begin body'))),
  ],
  [
    'an abort in the wait',
    (call, controller) => (setTimeout(() => controller.abort(), 50), swallow(call('fail long'))),
  ],
  ['an abort before', (call, controller) => (controller.abort(), swallow(call('answer')))],
  ['a stream', async (call) => collect(asStream(await call('answer', streamed)))],
  ['a stream by final()', async (call) => asStream(await call('answer', streamed)).final()],
  [
    'a stream by tee()',
    async (call) =>
      Promise.all(
        asStream(await call('answer', streamed))
          .tee()
          .map(collect),
      ),
  ],
  [
    'a stream as bytes',
    async (call) => new Response(asStream(await call('answer', streamed)).toReadableStream()).text(),
  ],
  ['a stream on a connection that stays open', async (call) => collect(asStream(await call('stay open', streamed)))],
  ['a stream after a retry', async (call) => collect(asStream(await call('fail once', streamed)))],
  ['a stream that was cut', async (call) => collect(asStream(await call('cut', streamed)))],
  ['a stream with an error', async (call) => collect(asStream(await call('fault', streamed)))],
  ['a stream with an error at first', (call) => swallow(call('fault first', { ...streamed, num_retries: 0 }))],
  [
    'a stream that fell silent',
    async (call) => collect(asStream(await call('begin', { ...streamed, timeout: { idle: 0.05 } }))),
  ],
  ['a stream without a first token', (call) => swallow(call('begin role', { ...streamed, timeout: { first_token: 0.05 }, num_retries: 0 }))], // prettier-ignore
  [
    'a stream beyond its total',
    async (call) => collect(asStream(await call('begin', { ...streamed, timeout: { total: 0.05 } }))),
  ],
  [
    'a stream beyond the deadline',
    async (call) => swallow(call('begin', { ...streamed, deadline: 0.1 }).then((stream) => collect(asStream(stream)))),
  ],
  [
    'a stream left by break',
    async (call) => {
      for await (const _ of asStream(await call('begin', streamed))) break;
    },
  ],
  ['a stream left at once', async (call) => asStream(await call('begin', streamed)).return?.()],
  ['a stream left by its controller', async (call) => asStream(await call('begin', streamed)).controller.abort()],
  ['a stream left by dispose', async (call) => asStream(await call('begin', streamed))[Symbol.asyncDispose]()],
  [
    'a stream left through its bytes',
    async (call) =>
      asStream(await call('begin', streamed))
        .toReadableStream()
        .cancel(),
  ],
  [
    'a stream left through both branches',
    async (call) => {
      for (const branch of asStream(await call('begin', streamed)).tee()) await branch.return?.();
    },
  ],
  [
    'an aborted stream',
    async (call, controller) => {
      const reading = collect(asStream(await call('begin', streamed)));
      setTimeout(() => controller.abort(), 30);
      return reading;
    },
  ],
  [
    'an aborted stream that nobody reads',
    async (call, controller) => {
      await call('begin', streamed);
      controller.abort();
    },
  ],
];

describe.each(wires)('after a call, $name', (wire) => {
  test.each(endings)('that ended with %s, nothing is left', async (_, ending) => {
    const callm: Callm = client();
    const controller = new AbortController();
    const { signal } = controller;
    responses.length = 0;
    timers.clear();
    const call = (what: string, options: object = {}): Promise<unknown> =>
      callm.completion({
        ...input(wire, servers.get(wire.name) as TestServer),
        messages: [{ role: 'user', content: `do: ${what}` }],
        signal,
        deadline: 30,
        timeout: { first_token: 20, idle: 20, total: 25 },
        num_retries: 2,
        ...options,
      } as never);
    await within(3000, ending(call, controller), 'the end');
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    await until(() => responses.every(({ res }) => res.writableFinished || res.destroyed), 'the end of all requests');
    // The hook hears of a cleared timer a little later.
    await until(() => timers.size === 0, `timers to be cleared: ${[...timers.values()].join('\n')}`);
  });
});

test('fifty calls under one signal leave no listener and no warning', async () => {
  const at = servers.get('openai') as TestServer;
  const warnings: Error[] = [];
  const note = (warning: Error): void => void warnings.push(warning);
  process.on('warning', note);
  try {
    const { signal } = new AbortController();
    const callm = client();
    const call = (what: string, options: object = {}) =>
      callm.completion({
        ...input(openai, at),
        messages: [{ role: 'user', content: `do: ${what}` }],
        signal,
        ...options,
      } as never);
    await Promise.all([
      ...Array.from({ length: 25 }, () => call('answer')),
      ...Array.from({ length: 25 }, async () => collect(asStream(await call('answer', streamed)))),
    ]);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    await sleep(10);
    expect(warnings.map(String)).toEqual([]);
  } finally {
    process.off('warning', note);
  }
});

describe('close()', () => {
  test('may be called twice, never hangs, and other clients go on', async () => {
    const at = servers.get('openai') as TestServer;
    const one = client();
    const other = client();
    const call = (callm: Callm) =>
      callm.completion({ ...input(openai, at), messages: [{ role: 'user', content: 'do: answer' }] });
    await Promise.all([call(one), call(other)]);
    await within(1000, one.close(), 'close()');
    await within(1000, Promise.all([one.close(), one.close()]), 'close() again');
    expect((await call(other)).choices).toHaveLength(1);
    const after = await swallow(call(one));
    if (after instanceof Error) expect(after.constructor.name).toMatch(/Error$/);
    else expect(after).toMatchObject({ choices: [{ message: { content: 'hi' } }] });
    await within(1000, client().close(), 'close() of a client that was never used');
  });

  test('ends calls under way with an error of ours, in time', async () => {
    const at = servers.get('openai') as TestServer;
    const callm = client();
    const pending = swallow(
      callm.completion({
        ...input(openai, at),
        messages: [{ role: 'user', content: 'do: nothing' }],
        timeout: 1,
        num_retries: 0,
      }),
    );
    await sleep(50);
    await within(1000, callm.close(), 'close()');
    expect(await within(2000, pending)).toMatchObject({ llm_provider: 'openai' });
  });
});

describe('the process ends by itself after the last call', () => {
  let folder: string;
  let silent: TestServer;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'callm-exit-'));
    silent = await serveRaw(() => {});
    const root = fileURLToPath(new URL('../../', import.meta.url));
    await build({
      absWorkingDir: root,
      entryPoints: ['src/index.ts'],
      outdir: folder,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      logLevel: 'error',
      banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
      plugins: [
        {
          name: 'transport',
          setup: (make) =>
            make.onResolve({ filter: /^#transport$/ }, () => ({ path: join(root, 'src/transport/undici.ts') })),
        },
      ],
    });
    await writeFile(
      join(folder, 'run.mjs'),
      `import { createCallm, completion } from './index.mjs';
const [url, silent, scenario] = process.argv.slice(2);
const given = { model: 'openai/gpt-4o', api_base: url + '/v1', api_key: 'k', deadline: 3000, timeout: { first_token: 900, idle: 900, total: 2000 } };
const ask = (what, more) => completion({ ...given, messages: [{ role: 'user', content: 'do: ' + what }], ...more });
const quiet = (promise) => promise.catch((error) => error);
const controller = new AbortController();
const stream = true;
await {
  async answers() { await ask('answer'); await Promise.all([ask('answer'), ask('answer')]); },
  async clients() { for (let i = 0; i < 3; i++) await createCallm({ api_key: 'k' }).completion({ ...given, messages: [{ role: 'user', content: 'do: answer' }] }); },
  async errors() { await quiet(ask('refuse')); await quiet(ask('fail', { num_retries: 1 })); await quiet(ask('answer', { api_base: 'http://127.0.0.1:1', num_retries: 0 })); },
  async streams() { for await (const _ of await ask('answer', { stream })); for await (const _ of await ask('stay open', { stream })); },
  async left() { for await (const _ of await ask('begin', { stream })) break; (await ask('begin', { stream })).controller.abort(); },
  async timeouts() { await quiet(ask('nothing', { timeout: 0.1, num_retries: 0 })); await quiet(ask('nothing', { deadline: 0.1 })); },
  async handshake() { await quiet(ask('answer', { api_base: silent.replace('http:', 'https:'), timeout: 0.2, num_retries: 0 })); },
  async abort() { setTimeout(() => controller.abort(), 50); await quiet(ask('nothing', { signal: controller.signal })); },
  async retryWait() { setTimeout(() => controller.abort(), 100); await quiet(ask('fail long', { signal: controller.signal })); },
  async unawaited() {
    const broken = await ask('fault', { stream });
    void broken.final();
    for (const branch of (await ask('fault', { stream })).tee()) void branch.final();
    await quiet((async () => { for await (const _ of broken); })());
    const cut = await ask('cut', { stream });
    void cut.final();
    await new Promise((resolve) => setTimeout(resolve, 100));
  },
}[scenario]();
process.stdout.write('done');
`,
    );
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const scenarios = [
    'answers',
    'clients',
    'errors',
    'streams',
    'left',
    'timeouts',
    'handshake',
    'abort',
    'retryWait',
    'unawaited',
  ];
  test.each(scenarios)('%s', async (scenario) => {
    const { url } = servers.get('openai') as TestServer;
    const child = spawn(
      process.execPath,
      ['--unhandled-rejections=strict', '--trace-warnings', join(folder, 'run.mjs'), url, silent.url, scenario],
      { env: {}, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let out = '';
    let err = '';
    let done = 0;
    child.stdout.on('data', (piece: Buffer) => {
      out += piece.toString();
      if (out.includes('done')) done ||= performance.now();
    });
    child.stderr.on('data', (piece: Buffer) => (err += piece.toString()));
    try {
      const code = await within(
        12_000,
        new Promise((resolve) => child.once('close', resolve)),
        'the end of the process',
      );
      expect(err).toBe('');
      expect(code).toBe(0);
      expect(out).toBe('done');
      expect(performance.now() - done, 'ms from the last call to the end').toBeLessThan(3500);
    } finally {
      child.kill('SIGKILL');
    }
  });
});

test('the harness hears of the timers of the library', async () => {
  timers.clear();
  const at = servers.get('openai') as TestServer;
  const pending = swallow(
    client().completion({ ...input(openai, at), messages: [{ role: 'user', content: 'do: nothing' }], timeout: 0.3 }),
  );
  await until(() => timers.size > 0, 'a timer');
  await pending;
  await until(() => timers.size === 0, 'its end');
  expect(messages).toHaveLength(1);
});
