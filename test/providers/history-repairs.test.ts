/** Histories that need more than one repair, on the protocols that refuse them. */
import { describe, expect, test } from 'vitest';
import { createCallm, type JsonObject } from '../../src/index.js';
import { checkAnthropic, checkGemini, checkOpenAI } from './history-rules.js';

const models = {
  openai: 'openai/gpt-4.1',
  mistral: 'mistral/mistral-medium-latest',
  groq: 'groq/openai/gpt-oss-120b',
  deepseek: 'deepseek/deepseek-reasoner',
  anthropic: 'anthropic/claude-sonnet-4-5',
  gemini: 'gemini/gemini-3-flash-preview',
  older: 'gemini/gemini-2.5-flash',
} as const;
const checks = {
  openai: (body: JsonObject) => checkOpenAI(body, { longest: 40, refusal: true }),
  mistral: (body: JsonObject) => checkOpenAI(body, { exactly: 9 }),
  groq: checkOpenAI,
  deepseek: (body: JsonObject) => checkOpenAI(body, { fields: ['reasoning_content'], needs: 'reasoning_content' }),
  anthropic: checkAnthropic,
  gemini: checkGemini,
  older: checkGemini,
} as const;
type Name = keyof typeof models;
const names = Object.keys(models) as Name[];

const user = (content: string): JsonObject => ({ role: 'user', content });
const call = (id: string, port: string, more: JsonObject = {}): JsonObject => ({
  id,
  type: 'function',
  function: { name: 'get_tide', arguments: JSON.stringify({ port }) },
  ...more,
});
const asks = (...calls: JsonObject[]): JsonObject => ({ role: 'assistant', content: null, tool_calls: calls });
const result = (id: string, content: string): JsonObject => ({ role: 'tool', tool_call_id: id, content });

async function send(name: Name, messages: JsonObject[]) {
  const run = await createCallm({ env: {}, api_key: 'k' }).dryRun('chat', { model: models[name], messages });
  const told = run.warnings.filter(({ type }) => type !== 'default').map(({ type, param }) => `${type} ${param}`);
  const body = run.body as JsonObject;
  return { body, told, warnings: run.warnings, faults: checks[name](body), list: body['messages'] as JsonObject[] };
}

/** The ids of a request's calls and those of its results, in order. */
function idsIn(body: JsonObject): { calls: unknown[]; results: unknown[] } {
  const found = { calls: [] as unknown[], results: [] as unknown[] };
  JSON.stringify(body, (_, value: JsonObject) => {
    if (value?.['type'] === 'function' || value?.['type'] === 'tool_use') found.calls.push(value['id']);
    const answered = value?.['tool_call_id'] ?? value?.['tool_use_id'];
    if (answered !== undefined) found.results.push(answered);
    return value;
  });
  return found;
}

describe('ids of tool calls', () => {
  // Vendors without ids are read as numbering the calls of each answer anew.
  const renumbered = [
    user('Tides?'),
    asks(call('call_0', 'Sines'), call('call_1', 'Faro')),
    result('call_0', 'one'),
    result('call_1', 'two'),
    { role: 'assistant', content: 'And again.' },
    user('Again?'),
    asks(call('call_0', 'Porto')),
    result('call_0', 'three'),
  ];

  test.each(names)('that stand twice in a conversation are told apart where they must be: %s', async (name) => {
    const { faults, body } = await send(name, renumbered);
    expect(faults).toEqual([]);
    const { calls, results } = idsIn(body);
    expect(results).toEqual(calls);
    if (name === 'anthropic' || name === 'mistral') expect(new Set(calls).size).toBe(3);
  });

  test.each(names)('that stand twice in one answer go with their results in order: %s', async (name) => {
    const twice = [user('Tides?'), asks(call('x', 'Sines'), call('x', 'Faro')), result('x', 'one'), result('x', 'two')];
    const { body, told } = await send(name, twice);
    const { calls, results } = idsIn(body);
    expect(results).toEqual(calls);
    if (name === 'anthropic') {
      expect(calls).toEqual(['x', 'x_2']);
      expect(told).toEqual(['repair messages[1].tool_calls[1].id']);
    }
  });

  test.each(['functions.get_tide:0', 'x'.repeat(90), `call_1__thought__${'c2ln'.repeat(40)}`, 'ä b'])(
    'of any form become acceptable, the same in call and result: %s',
    async (id) => {
      for (const name of ['openai', 'anthropic', 'mistral', 'gemini', 'older'] as const) {
        const { faults, body } = await send(name, [user('Tides?'), asks(call(id, 'Sines')), result(id, '3.1')]);
        expect([name, faults]).toEqual([name, []]);
        const { calls, results } = idsIn(body);
        expect(results).toEqual(calls);
      }
    },
  );

  test('that stand twice belong to the latest call, if an earlier one was never answered', async () => {
    const { body, told } = await send('anthropic', [
      user('Tides?'),
      asks(call('call_0', 'Sines')),
      user('No, the other.'),
      asks(call('call_0', 'Faro')),
      result('call_0', '2.6'),
    ]);
    expect(idsIn(body)).toEqual({ calls: ['call_0', 'call_0_2'], results: ['call_0_2'] });
    expect(told).toEqual(['repair messages[3].tool_calls[0].id', 'repair messages[1].tool_calls[0]']);
  });

  test('do not change when the conversation grows, so that prefixes stay cached', async () => {
    const short = await send('mistral', renumbered.slice(0, 4));
    const long = await send('mistral', renumbered);
    expect(idsIn(long.body).calls.slice(0, 2)).toEqual(idsIn(short.body).calls);
  });

  test('that fit are left alone', async () => {
    for (const name of ['openai', 'anthropic', 'groq', 'older'] as const) {
      const { told } = await send(name, [
        user('Tides?'),
        asks(call('call_a-1_B', 'Sines')),
        result('call_a-1_B', '3.1'),
      ]);
      expect([name, told]).toEqual([name, []]);
    }
  });
});

describe('calls and results without each other', () => {
  test.each(names)('a result whose call fell to a cut of the history is left out, and told: %s', async (name) => {
    const { told, body, faults } = await send(name, [
      result('cut', '9.9'),
      user('Tides?'),
      asks(call('a', 'Sines')),
      result('a', '3.1'),
    ]);
    expect(faults).toEqual([]);
    expect(told).toContain('drop messages[0]');
    expect(JSON.stringify(body)).toContain('3.1');
    expect(JSON.stringify(body)).not.toContain('9.9');
  });

  test.each(names)('a call without a result is told, and sent as it is: %s', async (name) => {
    const { told, body } = await send(name, [user('Tides?'), asks(call('a', 'Sines'), call('b', 'Faro')), user('So?')]);
    expect(told).toContain('repair messages[1].tool_calls[0]');
    expect(told).toContain('repair messages[1].tool_calls[1]');
    expect(JSON.stringify(body)).toContain('Faro');
  });

  test.each(names)('a second result of a call is left out: %s', async (name) => {
    const { told, body, faults } = await send(name, [
      user('?'),
      asks(call('a', 'Sines')),
      result('a', 'first'),
      result('a', 'second'),
    ]);
    expect(faults).toEqual([]);
    expect(told).toContain('drop messages[3]');
    expect(JSON.stringify(body)).toContain('first');
    expect(JSON.stringify(body)).not.toContain('second');
  });

  test('a system message behind a turn of thinking alone is not lost', async () => {
    const blocks = [{ type: 'thinking', thinking: 'Hm.', signature: 'c2VhbA==' }];
    const thoughts = { role: 'assistant', content: '', thinking_blocks: blocks };
    const model = 'anthropic/claude-opus-4-8';
    const client = createCallm({ env: {}, api_key: 'k' });
    const messages = [thoughts, { role: 'system', content: 'Be brief.' }] as never;
    await expect(client.dryRun('chat', { model, messages })).rejects.toThrow('at least one message of the user');
    const whole = [thoughts, { role: 'system', content: 'Be brief.' }, user('Tides?')] as never;
    const { body } = await client.dryRun('chat', { model, messages: whole });
    expect(JSON.stringify(body)).toContain('Be brief.');
  });

  test('a history of results alone is refused as empty', async () => {
    await expect(send('anthropic', [result('cut', '9.9')])).rejects.toThrow('at least one message of the user');
  });

  test('the older form of OpenAI stays as it is where the API takes it', async () => {
    const messages = [user('?'), { role: 'function', name: 'get_tide', content: '2.6' }, asks(call('a', 'Sines'))];
    const { list, told } = await send('openai', [...messages, result('a', '3.1')]);
    expect(list[1]).toEqual(messages[1]);
    expect(told).toEqual([]);
  });
});

describe('turns', () => {
  test('that follow each other are one where the protocol wants it', async () => {
    const messages = [
      user('One.'),
      user('Two.'),
      { role: 'assistant', content: 'Look.' },
      asks(call('a', 'Sines')),
      asks(call('b', 'Faro')),
      result('b', '2.6'),
      result('a', '3.1'),
      user('Thanks.'),
    ];
    for (const name of ['anthropic', 'gemini', 'older'] as const)
      expect([name, (await send(name, messages)).faults]).toEqual([name, []]);
  });

  test('of a picture alone are sent empty where a picture cannot go', async () => {
    const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } };
    const messages = [user('Draw.'), { role: 'assistant', content: null, images: [image] }, user('Now?')];
    const { list, told, faults } = await send('openai', messages);
    expect(faults).toEqual([]);
    expect(list[1]).toEqual({ role: 'assistant', content: '' });
    expect(told).toEqual(['drop messages[1]', 'repair messages[1].content']);
    const { told: drawn, body } = await send('gemini', messages);
    expect(drawn).toEqual([]);
    expect(JSON.stringify(body)).toContain('iVBORw0KGgo=');
  });

  test('that were spoken are named by their id, or are their transcript', async () => {
    const audio = { id: 'audio_1', data: 'AAAA', expires_at: 1760000000, transcript: 'High water.' };
    const spoken = (more: JsonObject): JsonObject[] => [
      user('Say it.'),
      { role: 'assistant', content: null, audio: { ...audio, ...more } },
      user('Now?'),
    ];
    expect((await send('openai', spoken({}))).list[1]).toEqual({
      role: 'assistant',
      audio: { id: 'audio_1' },
      content: null,
    });
    const { list, told } = await send('openai', spoken({ expires_at: 0 }));
    expect(list[1]).toEqual({ role: 'assistant', content: 'High water.' });
    expect(told).toEqual(['drop messages[1]']);
  });

  test('of tools whose thinking is missing bear a blank where one is demanded, and an own empty one stays', async () => {
    const turn = [user('Tides?'), asks(call('a', 'Sines')), result('a', '3.1')];
    const { list, told } = await send('deepseek', turn);
    expect(list[1]?.['reasoning_content']).toBe(' ');
    expect(told).toEqual(['repair messages[1].reasoning_content']);
    const own = turn.with(1, { ...turn[1], reasoning_content: '' });
    expect((await send('deepseek', own)).list[1]?.['reasoning_content']).toBe('');
  });
});

describe('what is not sent', () => {
  test('is named in one warning a message', async () => {
    const message = {
      ...asks(call('a', 'Sines', { provider_specific_fields: { thought_signature: 'c2ln' } })),
      reasoning_content: 'Hm.',
      thinking_blocks: [{ type: 'thinking', thinking: 'Hm.', signature: 'c2ln' }],
      annotations: [],
      provider_specific_fields: { part_order: [], thought_signatures: ['c2ln'], more: null },
    };
    const { warnings } = await send('groq', [user('Tides?'), message, result('a', '3.1')]);
    expect(warnings.map(({ param, message: text }) => [param, text])).toEqual([
      [
        'messages[1]',
        'not taken back here, and not sent: reasoning_content, thinking_blocks, ' +
          'provider_specific_fields.thought_signatures, tool_calls[0].provider_specific_fields.thought_signature',
      ],
    ]);
  });

  test('is nothing where a message has nothing to lose', async () => {
    const message = {
      role: 'assistant',
      content: 'Noon.',
      refusal: null,
      annotations: [{ type: 'url_citation' }],
      thinking_blocks: [],
      images: [],
      parsed: { a: 1 },
      provider_specific_fields: { a: null, b: [] },
    };
    for (const name of names)
      expect([name, (await send(name, [user('?'), message, user('!')])).told]).toEqual([name, []]);
  });

  test('are signatures of thoughts that another kind of model signed', async () => {
    const blocks = [{ type: 'thinking', thinking: 'Hm.', signature: 'c2VhbA==' }];
    const of = (more: JsonObject): JsonObject[] => [
      user('?'),
      { role: 'assistant', content: 'Noon.', thinking_blocks: blocks, ...more },
      user('!'),
    ];
    const claude = of({});
    const gemini = of({ provider_specific_fields: { thought_signatures: ['dGV4dA=='] } });
    const text = async (name: Name, messages: JsonObject[]) => JSON.stringify((await send(name, messages)).body);
    expect(await text('anthropic', claude)).toContain('c2VhbA==');
    expect(await text('gemini', claude)).not.toContain('c2VhbA==');
    expect(await text('gemini', gemini)).toContain('c2VhbA==');
    expect(await text('anthropic', gemini)).not.toContain('c2VhbA==');
  });
});
