/** `mid_stream: 'resume'`: a text goes on at another deployment as one answer; anything else is not spliced. */
import { beforeAll, describe, expect, test } from 'vitest';
import { Said, Seam } from '../../../src/router/seam.js';
import type { ChatCompletionChunk } from '../../../src/index.js';
import { type Answer, collect, sendEvents, warmUp } from '../../behaviour/server.js';
import { anthropic, openai, type TestWire, textOf } from '../../behaviour/wires.js';
import { cutAfter as cut, deployment, field, good, isReset, overList, path, question, said, stream } from './field.js';
import { serve } from '../../behaviour/server.js';

beforeAll(warmUp);

const texts = (wire: TestWire, ...given: string[]): string[] => given.map((text) => wire.text(text));

async function resumed(first: Answer, second: Answer, options: object = {}, wire = anthropic) {
  const made = await field({ one: first, two: second }, { mid_stream: 'resume' }, wire);
  const answer = await stream(made.router, { stream_options: { include_usage: true }, ...options });
  const outcome = await collect(answer);
  const final = await answer.final().catch(() => undefined);
  await made.close();
  return { ...outcome, answer, final, servers: made.servers };
}

describe('plain text', () => {
  test('goes on: one id, one role, one text, both usages and costs', async () => {
    const { chunks, error, answer, final, servers } = await resumed(
      cut(anthropic, ...texts(anthropic, 'The quick', ' brown')),
      good(anthropic, ' fox', ' jumps.'),
    );
    expect(error).toBeUndefined();
    expect(textOf(chunks)).toBe('The quick brown fox jumps.');
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
    expect(chunks.flatMap(({ choices }) => choices.map(({ delta }) => delta.role)).filter(Boolean)).toEqual([
      'assistant',
    ]);
    expect(chunks.some(isReset)).toBe(false);
    expect(chunks.filter(({ choices }) => choices.some(({ finish_reason }) => finish_reason != null))).toHaveLength(1);
    expect(servers['two']?.requests[0]?.body['messages']).toEqual([
      { role: 'user', content: [{ type: 'text', text: question[0]?.content }] },
      { role: 'assistant', content: expect.anything() as unknown },
    ]);
    expect(JSON.stringify(servers['two']?.requests[0]?.body['messages'])).toContain('The quick brown');
    const { attempts, response_cost } = answer._hidden_params;
    expect(path(attempts)).toEqual(['one', 'two']);
    const [one, two] = attempts.map(
      ({ usage }) => usage as { prompt_tokens: number; completion_tokens: number; total_tokens: number },
    );
    const sum = {
      prompt_tokens: (one?.prompt_tokens ?? 0) + (two?.prompt_tokens ?? 0),
      completion_tokens: (one?.completion_tokens ?? 0) + (two?.completion_tokens ?? 0),
      total_tokens: (one?.total_tokens ?? 0) + (two?.total_tokens ?? 0),
    };
    expect(one?.prompt_tokens).toBeGreaterThan(0);
    expect(final?.usage).toMatchObject(sum);
    expect(chunks.filter(({ usage }) => usage != null)).toMatchObject([{ usage: sum }]);
    expect(said(final as never)).toBe('The quick brown fox jumps.');
    expect(final?.id).toBe(chunks[0]?.id);
    expect(final?.choices[0]?.finish_reason).toBe('stop');
    expect(attempts.every(({ cost }) => typeof cost === 'number' && cost > 0)).toBe(true);
    expect(response_cost).toBeCloseTo(
      attempts.reduce((total, { cost }) => total + (cost ?? 0), 0),
      12,
    );
    expect(final?._hidden_params.response_cost).toBe(response_cost);
  });

  const seams: [string, string[], string[], string][] = [
    ['nothing is repeated', ['One two'], [' three'], 'One two three'],
    ['the end is repeated at once', ['One two three'], ['two three four'], 'One two three four'],
    ['the end is repeated letter by letter', ['One two three'], [...'two three four'], 'One two three four'],
    ['all is repeated', ['One two', ' three'], ['One ', 'two ', 'three', ' four'], 'One two three four'],
    ['what looked like a repetition is none', ['One two three'], ['two ', 'thr', 'ow'], 'One two threetwo throw'],
    ['the blank at the end comes again', ['One two '], [' three'], 'One two three'],
    ['the blank at the end does not come again', ['One two '], ['three'], 'One two three'],
    ['nothing but a repetition comes', ['One two three'], ['two three'], 'One two three'],
    ['a word goes on', ['One tw'], ['o three'], 'One two three'],
    ['few equal letters are chance', ['ban', 'an'], ['ana', 's'], 'bananana' + 's'],
  ];
  test.each(seams)('the seam, when %s', async (_, first, second, all) => {
    const { chunks, error, final } = await resumed(
      cut(anthropic, ...texts(anthropic, ...first)),
      good(anthropic, ...second),
    );
    expect(error).toBeUndefined();
    expect(textOf(chunks)).toBe(all);
    expect(said(final as never)).toBe(all);
    expect(chunks.filter(({ choices }) => choices.some(({ finish_reason }) => finish_reason != null))).toHaveLength(1);
  });

  test('goes on twice', async () => {
    const made = await field(
      {
        one: cut(anthropic, ...texts(anthropic, 'One')),
        two: cut(anthropic, ...texts(anthropic, ' two')),
        three: good(anthropic, ' three'),
      },
      { mid_stream: 'resume' },
      anthropic,
    );
    const answer = await stream(made.router);
    const { chunks, error } = await collect(answer);
    expect(error).toBeUndefined();
    expect(textOf(chunks)).toBe('One two three');
    const last = made.servers['three']?.requests[0]?.body['messages'] as unknown[];
    expect(last).toHaveLength(2);
    expect(JSON.stringify(last[1])).toContain('One two');
    const rows = answer._hidden_params.attempts.map(({ usage }) => usage as { prompt_tokens: number });
    expect((await answer.final()).usage?.prompt_tokens).toBe(
      rows.reduce((sum, { prompt_tokens }) => sum + prompt_tokens, 0),
    );
    await made.close();
  });

  test('goes on after silence', async () => {
    const { chunks } = await resumed(
      (res) => sendEvents(res, anthropic.start, anthropic.text('One')),
      good(anthropic, ' two'),
      { timeout: { idle: 0.1 } },
    );
    expect(textOf(chunks)).toBe('One two');
  });
});

describe('is raised, and nothing sent', () => {
  const toolStart = [
    'event: content_block_start\ndata: {"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t","name":"f","input":{}}}\n\n',
    'event: content_block_delta\ndata: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\\"a\\""}}\n\n',
  ];
  const refusals: [string, string[], object][] = [
    ['after half a tool call', [...texts(anthropic, 'I look.'), ...toolStart], {}],
    ['after reasoning', [anthropic.thinking('hm'), ...texts(anthropic, 'One')], {}],
    ['of an answer in a format', texts(anthropic, '{"a":'), { response_format: { type: 'json_object' } }],
    ['of an answer that had its finish reason', [...texts(anthropic, 'One.'), anthropic.finish], {}],
  ];
  test.each(refusals)('%s', async (_, events, options) => {
    const { error, servers } = await resumed(cut(anthropic, ...events), good(anthropic, 'x'), options);
    expect(error).toMatchObject({ name: 'StreamIncompleteError' });
    expect(servers['two']?.requests).toHaveLength(0);
  });

  test('where no deployment takes the beginning of an answer', async () => {
    const { error, chunks, servers } = await resumed(
      cut(openai, ...texts(openai, 'One')),
      good(openai, ' two'),
      {},
      openai,
    );
    expect(textOf(chunks)).toBe('One');
    expect(error).toMatchObject({ name: 'StreamIncompleteError' });
    expect(servers['two']?.requests).toHaveLength(0);
  });
});

test('only deployments are asked that take the beginning of an answer, among the fallbacks, too', async () => {
  const servers = {
    one: await serve(cut(openai, ...texts(openai, 'One'))),
    plain: await serve(good(openai, ' never')),
    spare: await serve(good(anthropic, ' two')),
  };
  const made = await overList(
    [
      deployment('one', servers.one),
      deployment('plain', servers.plain),
      deployment('spare', servers.spare, {}, anthropic, 'other'),
    ],
    { mid_stream: 'resume', fallbacks: [{ main: ['other'] }] },
  );
  const answer = await stream(made.router);
  const { chunks, error } = await collect(answer);
  expect(error).toBeUndefined();
  expect(textOf(chunks)).toBe('One two');
  expect(path(answer._hidden_params.attempts)).toEqual(['one', 'spare']);
  expect(servers.plain.requests).toHaveLength(0);
  await made.close();
});

test('a seam holds back no more than may be a repetition', () => {
  const seam = new Seam('abcdef');
  expect(seam.take('x')).toBe('x');
  const again = new Seam('abcdef abcdef');
  expect(again.take('abc')).toBeUndefined();
  expect(again.take('def')).toBeUndefined();
  expect(again.take(' g')).toBe(' g');
  const monotonous = new Seam('na '.repeat(3000));
  for (let at = 1; at < 3000; at++) expect(monotonous.take('na ')).toBeUndefined();
  expect(monotonous.take('na ')).toBe('');
});

test('what has been said is plain text, or it is not', () => {
  const note = (delta: object): boolean => {
    const answer = new Said();
    answer.note({
      id: 'a',
      created: 1,
      choices: [{ index: 0, delta, finish_reason: null }],
    } as unknown as ChatCompletionChunk);
    return answer.plain;
  };
  expect(note({ role: 'assistant', content: 'a', refusal: null, tool_calls: [] })).toBe(true);
  for (const other of [
    { refusal: 'no' },
    { reasoning_content: 'hm' },
    { audio: { id: 'a' } },
    { tool_calls: [{}] },
    { images: [{}] },
  ])
    expect(note({ content: 'a', ...other })).toBe(false);
});

test('`model_info` may say what a deployment takes, whatever is known of its model', async () => {
  const servers = {
    one: await serve(cut(openai, ...texts(openai, 'One'))),
    two: await serve(good(openai, ' two')),
    never: await serve(good(anthropic, ' never')),
  };
  const told = (entry: ReturnType<typeof deployment>, supports_assistant_prefill: boolean) => ({
    ...entry,
    model_info: { ...entry.model_info, supports_assistant_prefill },
  });
  const made = await overList(
    [
      deployment('one', servers.one),
      told(deployment('never', servers.never, {}, anthropic), false),
      told(deployment('two', servers.two), true),
    ],
    { mid_stream: 'resume' },
  );
  const answer = await stream(made.router);
  expect(textOf((await collect(answer)).chunks)).toBe('One two');
  expect(path(answer._hidden_params.attempts)).toEqual(['one', 'two']);
  expect(servers.two.requests[0]?.body['messages']).toEqual([
    ...question,
    { role: 'assistant', content: 'One', prefix: true },
  ]);
  await made.close();
});
