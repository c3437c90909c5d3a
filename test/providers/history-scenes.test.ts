/** Histories that applications make, beyond a single answer: each goes to every protocol, and must be valid there. */
import { describe, expect, test } from 'vitest';
import { createCallm, type JsonObject } from '../../src/index.js';
import { image, type Protocol } from './history-facts.js';
import { protocols } from './history-protocols.js';

const user = (content: unknown): JsonObject => ({ role: 'user', content });
const call = (id: string, port: string): JsonObject => ({
  id,
  type: 'function',
  function: { name: 'get_tide', arguments: JSON.stringify({ port }) },
});
const asks = (...calls: JsonObject[]): JsonObject => ({ role: 'assistant', content: null, tool_calls: calls });
const result = (id: string, content: unknown): JsonObject => ({ role: 'tool', tool_call_id: id, content });
const says = (content: unknown, more: JsonObject = {}): JsonObject => ({ role: 'assistant', content, ...more });

async function send({ model, options, check }: Protocol, messages: JsonObject[]) {
  const client = createCallm({ env: {}, api_key: 'test-key' });
  const run = await client.dryRun('chat', { model, messages: JSON.parse(JSON.stringify(messages)), ...options });
  const notes = run.warnings.filter(({ type }) => type !== 'default');
  return {
    text: JSON.stringify(run.body),
    faults: check(run.body as JsonObject),
    told: notes.map(({ type, param }) => `${type} ${param}`),
  };
}

const targets = Object.entries(protocols).filter(([, { sourceOnly }]) => !sourceOnly);
/** Where tool calls are prose, none is without its counterpart. */
const linking = targets.filter(([, { model }]) => !model.startsWith('replicate/'));
const counts = (text: string, piece: string): number => text.split(piece).length - 1;

describe.each(targets)('to %s', (_, target) => {
  test('two rounds of calls, the first in parallel and answered out of order', async () => {
    const { faults, text } = await send(target, [
      user('Tides?'),
      asks(call('call_a1', 'Sines'), call('call_b2', 'Faro')),
      result('call_b2', 'Faro: 2.6'),
      result('call_a1', 'Sines: 3.1'),
      says('And one more.'),
      asks(call('call_c3', 'Porto')),
      result('call_c3', 'Porto: 3.4'),
      says('All done.'),
      user('Thanks'),
    ]);
    expect(faults).toEqual([]);
    for (const piece of ['Faro: 2.6', 'Sines: 3.1', 'And one more.', 'Porto: 3.4', 'All done.', 'Thanks'])
      expect(counts(text, piece)).toBe(1);
  });

  test('rounds without a word between them', async () => {
    const { faults, text } = await send(target, [
      user('Tides?'),
      asks(call('call_a1', 'Sines')),
      result('call_a1', 'Sines: 3.1'),
      asks(call('call_b2', 'Faro')),
      result('call_b2', 'Faro: 2.6'),
    ]);
    expect(faults).toEqual([]);
    for (const piece of ['Faro: 2.6', 'Sines: 3.1']) expect(counts(text, piece)).toBe(1);
  });

  test('a turn of thinking alone', async () => {
    const thoughts = {
      reasoning_content: 'Hm, tides.',
      thinking_blocks: [{ type: 'thinking', thinking: 'Hm, tides.' }],
    };
    for (const content of [null, '', []]) {
      const { faults, text, told } = await send(target, [user('Tides?'), says(content, thoughts), user('Well?')]);
      expect(faults).toEqual([]);
      if (!text.includes('Hm, tides.')) expect(told.join()).toMatch(/drop messages\[1\]/);
    }
  });

  test.each([
    ['Claude', {}],
    ['Gemini', { provider_specific_fields: { thought_signatures: ['c2VhbA=='] } }],
  ])('a turn of thinking alone that %s signed', async (_name, more) => {
    const blocks = [{ type: 'thinking', thinking: 'Hm, tides.', signature: 'c2VhbA==' }];
    const thoughts = { reasoning_content: 'Hm, tides.', thinking_blocks: blocks, ...more };
    const { faults, text, told } = await send(target, [user('Tides?'), says('', thoughts), user('Well?')]);
    expect(faults).toEqual([]);
    if (!text.includes('Hm, tides.')) expect(told.join()).toMatch(/drop messages\[1\]/);
  });

  test('a question with an empty part', async () => {
    const parts = [
      { type: 'text', text: '' },
      { type: 'text', text: 'Tides?' },
    ];
    const { faults, text } = await send(target, [user(parts)]);
    expect(faults).toEqual([]);
    expect(counts(text, 'Tides?')).toBe(1);
  });

  test('a turn that says nothing', async () => {
    for (const content of [null, '', []]) {
      const { faults, told, text } = await send(target, [user('Tides?'), says(content), user('Well?')]);
      expect(faults).toEqual([]);
      // It is sent empty, or left out with a word about it.
      if (!/"assistant"/.test(text)) expect(told.join()).toMatch(/(?:drop|repair) messages\[1\]/);
    }
  });

  test('a refusal', async () => {
    const { faults, text } = await send(target, [
      user('Tides?'),
      says(null, { refusal: 'I will not say.' }),
      user('Well?'),
    ]);
    expect(faults).toEqual([]);
    expect(counts(text, 'I will not say.')).toBe(1);
  });

  test('results that say nothing', async () => {
    for (const content of ['', [], [{ type: 'text', text: '' }]]) {
      const { faults } = await send(target, [
        user('Tides?'),
        asks(call('call_a1', 'Sines')),
        result('call_a1', content),
        says('So be it.'),
        user('Well?'),
      ]);
      expect(faults).toEqual([]);
    }
  });

  test('an image in a result arrives, or is refused by name', async () => {
    const picture = { type: 'image_url', image_url: { url: `data:image/png;base64,${image}` } };
    const messages = [
      user('Tides?'),
      asks(call('call_a1', 'Sines'), call('call_b2', 'Faro')),
      result('call_a1', [{ type: 'text', text: 'The chart.' }, picture]),
      result('call_b2', 'Faro: 2.6'),
    ];
    const sent = await send(target, messages).catch((error: Error) => error);
    if (sent instanceof Error) expect(sent.message).toContain('messages[2].content[1]');
    else {
      expect(sent.faults).toEqual([]);
      for (const piece of ['The chart.', 'Faro: 2.6', image]) expect(counts(sent.text, piece)).toBe(1);
    }
  });
});

describe.each(linking)('to %s', (_, target) => {
  test('a result whose call fell to a cut of the history is left out', async () => {
    const { faults, told, text } = await send(target, [
      result('call_x9', 'Lagos: 9.9'),
      user('Tides?'),
      asks(call('call_a1', 'Sines')),
      result('call_a1', 'Sines: 3.1'),
      result('call_a1', 'Sines: 7.7'),
      says('3.1.'),
      user('Well?'),
    ]);
    expect(faults).toEqual([]);
    expect(told).toContain('drop messages[0]');
    expect(told).toContain('drop messages[4]');
    expect(text).toContain('Sines: 3.1');
    expect(text).not.toMatch(/9\.9|7\.7/);
  });
});
