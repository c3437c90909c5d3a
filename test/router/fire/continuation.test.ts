/** `mid_stream: 'resume'`: what the next deployment is asked, and what becomes of the parts. */
import { beforeAll, describe, expect, test } from 'vitest';
import type { ChatCompletion, ChatCompletionChunk } from '../../../src/index.js';
import { Continuation } from '../../../src/router/continuation.js';
import { estimateTokens } from '../../../src/core/token-estimate.js';
import { type Answer, collect, sendEvents, serve, warmUp } from '../../behaviour/server.js';
import { anthropic, openai, textOf } from '../../behaviour/wires.js';
import { cutAfter as cut, deployment, field, good, overList, path, question, said, stream } from './field.js';

beforeAll(warmUp);

const events =
  (...given: string[]): Answer =>
  (res) => {
    sendEvents(res, ...given);
    res.end();
  };
const piece = (delta: object, finish_reason: string | null = null, more: object = {}): string =>
  `data: ${JSON.stringify({ id: 'chatcmpl-9', object: 'chat.completion.chunk', created: 9, model: 'm', choices: [{ index: 0, delta, finish_reason, ...more }] })}\n\n`;

/** Deployments on OpenAI's wire that all take a beginning. */
async function openaiField(
  answers: Record<string, Answer>,
  params: Record<string, unknown> = {},
  options: object = {},
) {
  const servers: Record<string, Awaited<ReturnType<typeof serve>>> = {};
  for (const [id, answer] of Object.entries(answers)) servers[id] = await serve(answer);
  const made = await overList(
    Object.entries(servers).map(([id, server]) => {
      const entry = deployment(id, server, params, openai, id.includes('.') ? id.split('.')[0] : 'main');
      return { ...entry, model_info: { ...entry.model_info, supports_assistant_prefill: true } };
    }),
    { mid_stream: 'resume', num_retries: 2, ...options },
  );
  const ask = async (more: object = {}) => {
    const answer = await stream(made.router, { ...more });
    const outcome = await collect(answer);
    const final = await answer.final().catch(() => undefined);
    return { answer, ...outcome, text: textOf(outcome.chunks), final };
  };
  const body = (id: string, at = 0): Record<string, unknown> => servers[id]?.requests[at]?.body as never;
  return { ...made, servers, ask, body };
}

describe('the next is asked', () => {
  test.each(['max_tokens', 'max_completion_tokens'])('for no more than is left of %s', async (name) => {
    const text = 'one two three four five six seven eight nine ten';
    const made = await openaiField(
      {
        one: cut(openai, openai.text(text)),
        two: cut(openai, openai.text(' eleven twelve')),
        'spare.three': good(openai, ' thirteen'),
      },
      {},
      { num_retries: 1, fallbacks: [{ main: ['spare'] }] },
    );
    const { error } = await made.ask({ [name]: 100 });
    expect(error).toBeUndefined();
    const asked = ['one', 'two', 'spare.three'].map(
      (id) => (made.body(id)['max_tokens'] ?? made.body(id)['max_completion_tokens']) as number,
    );
    expect(asked).toEqual([100, 100 - estimateTokens(text), 100 - estimateTokens(`${text} eleven twelve`)]);
    await made.close();
  });

  test('for one token at least, and unbounded where the call is', async () => {
    const made = await openaiField({
      one: cut(openai, openai.text('one two three four five six')),
      two: good(openai, ' x'),
    });
    await made.ask({ max_tokens: 2 });
    expect(made.body('two')['max_tokens'] ?? made.body('two')['max_completion_tokens']).toBe(1);
    await made.ask();
    expect(Object.keys(made.body('two', 1)).filter((name) => name.startsWith('max'))).toEqual([]);
    await made.close();
  });

  test("with the caller's own beginning in one message with what followed, and the seam knows both", async () => {
    const made = await openaiField({
      one: cut(openai, openai.text(' upon a')),
      two: good(openai, 'Once upon', ' a time'),
    });
    const own = { role: 'assistant', content: 'Once', prefix: true };
    const { text, final } = await made.ask({ messages: [...question, own] });
    expect(made.body('two')['messages']).toEqual([...question, { ...own, content: 'Once upon a' }]);
    expect(text).toBe(' upon a time');
    expect(said(final as never)).toBe(' upon a time');
    await made.close();
  });

  test('also after an answer that cannot be read, as a whole call would be', async () => {
    const made = await openaiField({
      one: events(openai.start, openai.text('One'), 'data: {"a\n\n'),
      two: good(openai, ' two'),
    });
    expect(await made.ask()).toMatchObject({ error: undefined, text: 'One two' });
    await made.close();
  });

  test('and the one after it when its first content does not come in time', async () => {
    const made = await openaiField({
      one: cut(openai, openai.text('One')),
      two: (res) => sendEvents(res, openai.start),
      three: good(openai, ' two'),
    });
    const { error, text, answer } = await made.ask({ timeout: { first_token: 0.1 } });
    expect(error).toBeUndefined();
    expect(text).toBe('One two');
    expect(answer._hidden_params.attempts.map((row) => row.error)).toEqual([
      'StreamIncompleteError',
      'Timeout',
      undefined,
    ]);
    await made.close();
  });
});

describe('is no text that could go on:', () => {
  const refusals: [string, object, Record<string, unknown>, string[]][] = [
    ['two choices', { n: 2 }, {}, []],
    ['log probabilities asked for', { logprobs: true }, {}, []],
    ['log probabilities that came', {}, {}, [piece({ content: 'One' }, null, { logprobs: { content: [] } })]],
    ["a format that is the deployment's", {}, { response_format: { type: 'json_object' } }, []],
    ['nothing but blanks', {}, {}, [openai.text(' \n')]],
  ];
  test.each(refusals)('%s', async (_, options, params, first) => {
    const made = await openaiField(
      { one: cut(openai, ...(first.length > 0 ? first : [openai.text('One')])), two: good(openai, ' never') },
      params,
    );
    const { error } = await made.ask(options);
    expect(error).toMatchObject({ name: 'StreamIncompleteError' });
    expect(made.servers['two']?.requests).toHaveLength(0);
    await made.close();
  });

  test.each(['length', 'content_filter', 'stop'])('an answer that ended, its reason %s', async (reason) => {
    const end = piece({}, reason) + openai.end;
    const made = await openaiField({ one: events(piece({ content: 'One' }), end), two: good(openai, ' never') });
    const { error, final } = await made.ask({ max_tokens: 1 });
    expect(error).toBeUndefined();
    expect(final?.choices[0]?.finish_reason).toBe(reason);
    expect(made.servers['two']?.requests).toHaveLength(0);
    await made.close();
  });
});

describe('the continuation', () => {
  test('may end for its length', async () => {
    const made = await openaiField({
      one: cut(openai, openai.text('One')),
      two: events(piece({ content: ' two' }), piece({}, 'length'), openai.end),
    });
    const { final, text } = await made.ask();
    expect([text, final?.choices[0]?.finish_reason]).toEqual(['One two', 'length']);
    await made.close();
  });

  test('may think and call a tool: what the seam held back comes before the call', async () => {
    const call = { index: 0, id: 't1', type: 'function', function: { name: 'f', arguments: '{}' } };
    const made = await openaiField({
      one: cut(openai, openai.text('I look. Then')),
      two: events(
        piece({ reasoning_content: 'hm' }),
        piece({ content: 'Th' }),
        piece({ tool_calls: [call] }),
        piece({}, 'tool_calls'),
        openai.end,
      ),
    });
    const { chunks, text, final } = await made.ask();
    expect(text).toBe('I look. ThenTh');
    const has = (test: (delta: ChatCompletionChunk['choices'][number]['delta']) => boolean): number =>
      chunks.findIndex(({ choices }) => choices.some(({ delta }) => test(delta)));
    expect(has(({ content }) => content === 'Th')).toBeLessThanOrEqual(has(({ tool_calls }) => tool_calls != null));
    expect(final?.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: { content: 'I look. ThenTh', reasoning_content: 'hm', tool_calls: [{ id: 't1' }] },
    });
    await made.close();
  });

  test('that breaks after half a tool call is not gone on with', async () => {
    const call = { index: 0, id: 't1', type: 'function', function: { name: 'f', arguments: '{"a' } };
    const made = await openaiField({
      one: cut(openai, openai.text('I look.')),
      two: cut(openai, piece({ tool_calls: [call] })),
      three: good(openai, ' never'),
    });
    const { error, text } = await made.ask();
    expect(text).toBe('I look.');
    expect(error).toMatchObject({
      name: 'StreamIncompleteError',
      partial: { choices: [{ message: { content: 'I look.', tool_calls: [{ id: 't1' }] } }] },
    });
    expect(made.servers['three']?.requests).toHaveLength(0);
    await made.close();
  });

  test('repeats the whole beginning once, not twice', async () => {
    const made = await openaiField({
      one: cut(openai, openai.text('la la la ')),
      two: good(openai, 'la la la ', 'la la la ', 'end'),
    });
    expect((await made.ask()).text).toBe('la la la la la la end');
    await made.close();
  });

  test('that breaks in its turn, beyond the retries: the error has all that had come, without the keys', async () => {
    const key = 'sk-one-0123456789';
    const made = await openaiField(
      {
        one: cut(openai, openai.text(`One (${key})`)),
        two: cut(openai, openai.text(' two')),
        three: cut(openai, openai.text(' three')),
        four: good(openai, ' never'),
      },
      {},
      { num_retries: 2 },
    );
    const { error, text, chunks, answer } = await made.ask();
    expect(text).toBe(`One (${key}) two three`);
    const { partial, attempts } = error as {
      partial: ChatCompletion;
      attempts: { usage?: { total_tokens: number } }[];
    };
    expect(said(partial)).toBe('One (<redacted>) two three');
    expect(partial.id).toBe(chunks[0]?.id);
    expect(partial.choices[0]?.finish_reason).toBeNull();
    expect(partial.usage?.total_tokens).toBe(attempts.reduce((sum, { usage }) => sum + (usage?.total_tokens ?? 0), 0));
    expect(path(answer._hidden_params.attempts)).toEqual(['one', 'two', 'three']);
    expect(JSON.stringify(error)).not.toContain(key);
    await made.close();
  });

  test('that is left gives what had come of all', async () => {
    const made = await openaiField({
      one: cut(openai, openai.text('One')),
      two: (res) => sendEvents(res, openai.start, openai.text(' two')),
    });
    const answer = await stream(made.router);
    const got: ChatCompletionChunk[] = [];
    for await (const chunk of answer) if (got.push(chunk) && textOf(got).endsWith('two')) break;
    expect(path(answer._hidden_params.attempts)).toEqual(['one', 'two']);
    const final = await answer.final();
    expect(said(final)).toBe('One two');
    expect(final.choices[0]?.finish_reason).toBeNull();
    const { attempts, response_cost } = answer._hidden_params;
    expect(response_cost).toBeCloseTo(attempts.reduce((sum, { cost }) => sum + (cost ?? 0), 0), 12); // prettier-ignore
    expect(response_cost).toBeGreaterThan(0);
    await made.close();
  });

  test('of another wire adds up usage and cost', async () => {
    const servers = { one: await serve(cut(openai, openai.text('One'))), two: await serve(good(anthropic, ' two')) };
    const made = await overList([deployment('one', servers.one), deployment('two', servers.two, {}, anthropic)], {
      mid_stream: 'resume',
    });
    const answer = await stream(made.router);
    expect(textOf((await collect(answer)).chunks)).toBe('One two');
    const { attempts, response_cost, llm_provider } = answer._hidden_params;
    expect(llm_provider).toBe('anthropic');
    expect(attempts.map(({ provider, billing }) => [provider, billing])).toEqual([
      ['openai', 'estimated'],
      ['anthropic', 'billed'],
    ]);
    const tokens = attempts.map(({ usage }) => (usage as { total_tokens: number }).total_tokens);
    expect((await answer.final()).usage?.total_tokens).toBe(tokens.reduce((sum, each) => sum + each, 0));
    expect(response_cost).toBeCloseTo(attempts.reduce((sum, { cost }) => sum + (cost ?? 0), 0), 12); // prettier-ignore
    await made.close();
  });
});

test('what the seam holds is not lost when the answer ends without a finish reason', () => {
  const chunk = (content: string): ChatCompletionChunk =>
    ({ id: 'a', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta: { content }, finish_reason: null }] }); // prettier-ignore
  const continuation = new Continuation();
  continuation.take(chunk('One two three'));
  continuation.after({ messages: question }, {});
  continuation.begin(undefined);
  expect(continuation.take({ ...chunk('two th'), usage: { total_tokens: 1 } as never })).toMatchObject({
    choices: [{ delta: {} }],
  });
  const rest = continuation.rest();
  expect(rest).toMatchObject({ id: 'a', choices: [{ index: 0, delta: { content: 'two th' } }] });
  expect(rest).not.toHaveProperty('usage');
  expect(continuation.rest()).toBeUndefined();
});

test('of a group and its fallbacks the whole path is one answer', async () => {
  const made = await field(
    {
      one: cut(anthropic, anthropic.text('One')),
      two: (res) => void res.writeHead(500).end(),
      'spare.one': cut(anthropic, anthropic.text(' two')),
      'last.one': good(anthropic, ' three'),
    },
    { mid_stream: 'resume', num_retries: 1, fallbacks: [{ main: ['spare'] }, { spare: ['last'] }] },
    anthropic,
  );
  const answer = await stream(made.router, { num_retries: 1 });
  const { chunks, error } = await collect(answer);
  expect(error).toBeUndefined();
  expect(textOf(chunks)).toBe('One two three');
  expect(said(await answer.final())).toBe('One two three');
  expect(path(answer._hidden_params.attempts)).toEqual(['one', 'two', 'spare.one', 'spare.one', 'last.one']);
  await made.close();
});
