/** When a streaming call settles, what counts as content, what is retried and until when. */
import { beforeAll, describe, expect, test } from 'vitest';
import {
  APIConnectionError,
  type ChatCompletionChunk,
  InternalServerError,
  RateLimitError,
  StreamIncompleteError,
  Timeout,
} from '../../src/index.js';
import { client, collect, failure, sendEvents, sendJson, serve, sleep, warmUp, within } from './server.js';
import { anthropic, gemini, input, openai, streamOf, type TestWire, textOf, wires } from './wires.js';

beforeAll(warmUp);

/** The moment a promise settles, in milliseconds; `undefined` while it has not. */
function watch(promise: Promise<unknown>): { at: number | undefined } {
  const state: { at: number | undefined } = { at: undefined };
  const note = (): void => {
    state.at = performance.now();
  };
  promise.then(note, note);
  return state;
}

const delta = (value: object, finish_reason: string | null = null): string =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta: value, finish_reason }] })}\n\n`;
const event = (value: { type: string; [field: string]: unknown }): string =>
  `event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`;
const candidate = (parts: object[], more: object = {}): string =>
  `data: ${JSON.stringify({ responseId: 'r', candidates: [{ index: 0, content: { role: 'model', parts }, ...more }] })}\n\n`;

const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } };
const first: [wire: TestWire, what: string, event: string][] = [
  [openai, 'text', delta({ content: 'a' })],
  [openai, 'reasoning', delta({ reasoning_content: 'hm' })],
  [openai, 'reasoning of another name', delta({ reasoning: 'hm' })],
  [
    openai,
    'a tool call',
    delta({ tool_calls: [{ index: 0, id: 'c1', type: 'function', function: { name: 'f', arguments: '' } }] }),
  ],
  [openai, 'a refusal', delta({ refusal: 'no' })],
  [openai, 'audio', delta({ audio: { id: 'a1', data: 'AAAA' } })],
  [openai, 'an image', delta({ images: [image] })],
  [openai, 'a finish reason', delta({}, 'stop')],
  [anthropic, 'text', anthropic.text('a')],
  [anthropic, 'thinking', anthropic.thinking('hm')],
  [
    anthropic,
    'a tool call',
    event({
      type: 'content_block_start',
      index: 1,
      content_block: { type: 'tool_use', id: 't', name: 'f', input: {} },
    }),
  ],
  [anthropic, 'a finish reason', anthropic.finish],
  [gemini, 'text', gemini.text('a')],
  [gemini, 'thinking', gemini.thinking('hm')],
  [gemini, 'a tool call', candidate([{ functionCall: { name: 'f', args: {} } }])],
  [gemini, 'an image', candidate([{ inlineData: { mimeType: 'image/png', data: 'AAAA' } }])],
  [gemini, 'a finish reason', candidate([], { finishReason: 'STOP' })],
];

describe.concurrent('the call settles with the first content', () => {
  test.each(first.map(([wire, what, text]) => [`${wire.name}: ${what}`, wire, text] as const))(
    '%s',
    async (_, wire, text) => {
      let go = (): void => {};
      const gate = new Promise<void>((resolve) => (go = resolve));
      const server = await serve(async (res) => {
        sendEvents(res, wire.start, ...wire.pings);
        await gate;
        sendEvents(res, text);
      });
      const pending = client().completion({ ...input(wire, server), stream: true });
      const settled = watch(pending);
      await server.received(1);
      await sleep(60);
      expect(settled.at, 'not with headers, roles and pings').toBeUndefined();
      go();
      const stream = await within(1000, pending);
      const chunks: ChatCompletionChunk[] = [];
      // What was held back comes first: the role, once, then the content.
      for (;;) {
        const { value } = await within(500, stream.next());
        chunks.push(value as ChatCompletionChunk);
        const choice = chunks.at(-1)?.choices[0];
        const { role: __, content, ...others } = choice?.delta ?? {};
        if (content || Object.keys(others).length > 0 || choice?.finish_reason != null) break;
      }
      const roles = chunks.flatMap((chunk) => chunk.choices.map((choice) => choice.delta.role)).filter(Boolean);
      expect(roles).toEqual(['assistant']);
      await stream.return?.();
    },
  );
});

describe.concurrent.each(wires)('before content, $name', (wire) => {
  const broken: [what: string, send: (res: import('node:http').ServerResponse) => void, error: string][] = [
    ['an error event', (res) => sendEvents(res, wire.start, wire.fault('overloaded')), 'overloaded'],
    ['an error event at once', (res) => sendEvents(res, wire.fault('overloaded')), 'overloaded'],
    ['a cut', (res) => (sendEvents(res, wire.start), setTimeout(() => res.socket?.resetAndDestroy(), 10)), ''], // prettier-ignore
    ['an early end', (res) => (sendEvents(res, wire.start), res.end()), ''],
    ['no event at all', (res) => (sendEvents(res), res.end()), ''],
    ['a cut before any byte', (res) => void res.socket?.resetAndDestroy(), ''],
    ['a 500', (res) => sendJson(res, { error: { message: 'broken' } }, 500), 'broken'],
  ];

  test.each(broken)('%s rejects the call, and is retried', async (_, send, text) => {
    const server = await serve((res) => send(res));
    const error = await failure(client().completion({ ...input(wire, server), stream: true }));
    expect(error.message).toContain(text);
    expect(error instanceof InternalServerError || error instanceof APIConnectionError).toBe(true);
    expect(error.attempts).toHaveLength(1);

    const recovering = await serve((res, _request, index) => {
      if (index < 1) send(res);
      else sendEvents(res, ...streamOf(wire, 'second ', 'try'));
    });
    const stream = await client({ num_retries: 2 }).completion({ ...input(wire, recovering), stream: true });
    const { chunks, error: none } = await collect(stream);
    expect(none).toBeUndefined();
    expect(textOf(chunks)).toBe('second try');
    expect(new Set(chunks.map((chunk) => chunk.id)).size).toBe(1);
    expect(chunks.flatMap((chunk) => chunk.choices.flatMap((choice) => choice.delta.role ?? []))).toHaveLength(1);
    expect(recovering.requests).toHaveLength(2);
    expect(stream._hidden_params.attempts).toMatchObject([{ error: error.name }, { status: 200 }]);
  });

  test('a timeout is retried', async () => {
    const server = await serve((res, _, index) => {
      sendEvents(res, wire.start);
      if (index === 1) sendEvents(res, wire.text('a'), wire.finish, wire.end);
    });
    const call = { ...input(wire, server), stream: true as const, timeout: { first_token: 0.2 }, num_retries: 1 };
    const { chunks } = await collect(await client().completion(call));
    expect(textOf(chunks)).toBe('a');
    expect(server.requests).toHaveLength(2);
  });

  test('an error of the request inside the stream is not retried', async () => {
    const faults: Record<string, string> = {
      openai: 'data: {"error":{"message":"bad tool","type":"invalid_request_error","code":"invalid_value"}}\n\n',
      anthropic:
        'event: error\ndata: {"type":"error","error":{"type":"invalid_request_error","message":"bad tool"}}\n\n',
      gemini: 'data: {"error":{"code":400,"message":"bad tool","status":"INVALID_ARGUMENT"}}\n\n',
    };
    const server = await serve((res) => {
      sendEvents(res, faults[wire.name] ?? '');
      res.end();
    });
    const error = await failure(client({ num_retries: 3 }).completion({ ...input(wire, server), stream: true }));
    expect(error.message).toContain('bad tool');
    expect(error.name).toBe('BadRequestError');
    expect(server.requests).toHaveLength(1);
  });
});

describe.concurrent.each(wires)('after content, $name', (wire) => {
  const faults: [string, (res: import('node:http').ServerResponse) => void][] = [
    ['an error event', (res) => sendEvents(res, wire.fault('overloaded'))],
    ['a reset', (res) => void res.socket?.resetAndDestroy()],
    ['an early end', (res) => void res.end()],
    ['silence', () => {}],
  ];
  test.each(faults)('%s is not retried', async (_, fault) => {
    const server = await serve(async (res) => {
      sendEvents(res, wire.start, wire.text('a'));
      await sleep(30);
      fault(res);
    });
    const call = { ...input(wire, server), stream: true as const, num_retries: 3, timeout: { idle: 0.3 } };
    const stream = await client().completion(call);
    const { chunks, error } = await collect(stream);
    expect(textOf(chunks)).toBe('a');
    expect(error).toBeInstanceOf(Error);
    expect(
      error instanceof Timeout || error instanceof StreamIncompleteError || error instanceof InternalServerError,
    ).toBe(true);
    await sleep(30);
    expect(server.requests).toHaveLength(1);
    expect(stream._hidden_params.attempts).toHaveLength(1);
    expect((error as InternalServerError).attempts).toMatchObject([{ error: (error as Error).name }]);
  });
});

test('a rate limit inside a 200 stream is a RateLimitError', async () => {
  const bodies: [TestWire, string][] = [
    [openai, 'data: {"error":{"message":"slow down","type":"rate_limit_error","code":"rate_limit_exceeded"}}\n\n'],
    [anthropic, 'event: error\ndata: {"type":"error","error":{"type":"rate_limit_error","message":"slow down"}}\n\n'],
    [gemini, 'data: {"error":{"code":429,"message":"slow down","status":"RESOURCE_EXHAUSTED"}}\n\n'],
  ];
  for (const [wire, body] of bodies) {
    const server = await serve((res) => {
      sendEvents(res, body);
      res.end();
    });
    const error = await failure(client().completion({ ...input(wire, server), stream: true }));
    expect(error).toBeInstanceOf(RateLimitError);
    expect(error.message).toContain('slow down');
  }
});
