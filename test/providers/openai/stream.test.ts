import { describe, expect, it } from 'vitest';
import { OpenAIDecoder } from '../../../providers/openai/stream.js';
import { ProviderFault } from '../../../src/core/errors.js';
import type { ChatCompletionChunk } from '../../../src/types/chat.js';

const choice = (delta: unknown, finish_reason: unknown = null) => ({ choices: [{ index: 0, delta, finish_reason }] });
function decode(events: unknown[], reasoningApart = false) {
  const decoder = new OpenAIDecoder('asked-model', reasoningApart);
  const out: ChatCompletionChunk[] = [];
  for (const event of events) {
    if (decoder.done) break;
    decoder.push({ data: typeof event === 'string' ? event : JSON.stringify(event) }, out);
  }
  decoder.end();
  return { out, done: decoder.done, deltas: out.map((chunk) => chunk.choices[0]?.delta) };
}
const calls = (out: ChatCompletionChunk[]) => out.flatMap((chunk) => chunk.choices[0]?.delta.tool_calls ?? []);

describe('the decoder', () => {
  it('ends at [DONE], or at the end of a body in which every choice has finished', () => {
    expect(decode([choice({ content: 'a' }), '[DONE]']).done).toBe(true);
    expect(decode([choice({ content: 'a' }, 'stop')]).done).toBe(true);
    expect(decode([choice({ content: 'a' })]).done).toBe(false);
    expect(decode([]).done).toBe(false);
    expect(decode([{ choices: [{ index: 0, delta: { content: 'a' } }] }]).done).toBe(false);
    expect(decode([choice({ content: 'a' }, '')]).done).toBe(false);
    const second = { choices: [{ index: 1, delta: { content: 'b' }, finish_reason: null }] };
    expect(decode([second, choice({ content: 'a' }, 'stop')]).done).toBe(false);
  });

  it('skips what it does not know, and keeps usage without choices', () => {
    const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };
    const { out } = decode(['', ' ', { ping: true }, 'null', '5', { usage, choices: null }]);
    expect(out).toHaveLength(1);
    expect(out[0]).toMatchObject({ choices: [], usage, model: 'asked-model', object: 'chat.completion.chunk' });
  });

  it('lets broken JSON be noticed', () => {
    expect(() => decode(['{"choices":'])).toThrow(SyntaxError);
    expect(() => decode(['<html>'])).toThrow(SyntaxError);
  });

  it.each([
    [{ error: { message: 'no', code: 429 } }, 429],
    [{ error: 'no' }, undefined],
    [{ object: 'error', message: 'no', code: 400 }, 400],
  ])('reports an error event %j', (event, status) => {
    try {
      decode([event]);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(ProviderFault);
      expect((error as ProviderFault).facts).toMatchObject({ message: 'no', ...(status && { status }) });
    }
  });

  it('reports an error named by the event alone', () => {
    const decoder = new OpenAIDecoder('m', false);
    expect(() => decoder.push({ data: '{"message":"no"}', event: 'error' }, [])).toThrow(ProviderFault);
  });

  it.each([
    [{ reasoning: 'Sun' }, { reasoning_content: 'Sun' }],
    [{ reasoning_content: null, content: 'a' }, { content: 'a' }],
    [{ role: null, content: 'a', tool_calls: null }, { content: 'a' }],
    [
      {
        content: [
          { type: 'thinking', thinking: [{ type: 'text', text: 'Sun' }] },
          { type: 'text', text: 'a' },
        ],
      },
      { content: 'a', reasoning_content: 'Sun' },
    ],
    [
      { content: 'a', channel: 'final' },
      { content: 'a', provider_specific_fields: { channel: 'final' } },
    ],
    [
      { content: '', reasoning_details: [{ type: 'reasoning.summary', summary: 'Sun' }] },
      {
        content: '',
        reasoning_content: 'Sun',
        provider_specific_fields: { reasoning_details: [{ type: 'reasoning.summary', summary: 'Sun' }] },
      },
    ],
  ])('reads the delta %j', (delta, expected) => {
    expect(decode([choice(delta)]).deltas).toEqual([expected]);
  });

  it('sees a foreign field after many plain chunks', () => {
    const plain = Array.from({ length: 5 }, () => choice({ content: 'a' }));
    const { out } = decode([...plain, { ...choice({ content: 'b', x: 1 }), y: 2 }]);
    expect(out[5]).toMatchObject({ provider_specific_fields: { y: 2 } });
    expect(out[5]?.choices[0]?.delta).toEqual({ content: 'b', provider_specific_fields: { x: 1 } });
    expect(Object.keys(out[5] ?? {})).not.toContain('y');
  });

  it('gives lists that grow from chunk to chunk piece by piece', () => {
    const { out } = decode([
      { ...choice({ content: 'a' }), citations: ['x'], provider: 'P' },
      { ...choice({ content: 'b' }), citations: ['x', 'y'], provider: 'P' },
      { ...choice({ content: 'c' }), citations: ['x', 'y'], provider: 'Q' },
    ]);
    expect(out.map((chunk) => chunk.provider_specific_fields)).toEqual([
      { citations: ['x'], provider: 'P' },
      { citations: ['y'] },
      { provider: 'Q' },
    ]);
  });

  it('turns a plain stop after tool calls into tool_calls', () => {
    const call = { index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } };
    const { out } = decode([choice({ tool_calls: [call] }), choice({}, 'stop')]);
    expect(out.at(-1)?.choices[0]?.finish_reason).toBe('tool_calls');
    expect(decode([choice({ content: 'a' }), choice({}, 'eos')]).out.at(-1)?.choices[0]?.finish_reason).toBe('stop');
    expect(decode([choice({ content: 'a' }, '')]).out[0]?.choices[0]?.finish_reason).toBeNull();
  });

  it('reads usage wherever a vendor tells it', () => {
    const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };
    expect(decode([{ ...choice({}), x_groq: { usage } }]).out[0]?.usage).toEqual(usage);
    expect(decode([{ choices: [{ index: 0, delta: {}, usage }] }]).out[0]?.usage).toEqual(usage);
    const apart = { ...usage, completion_tokens_details: { reasoning_tokens: 5 } };
    expect(decode([{ ...choice({}), usage: apart }], true).out[0]?.usage?.completion_tokens).toBe(7);
  });
});

describe('tool calls of a stream', () => {
  const piece = (call: unknown) => choice({ tool_calls: [call] });
  const whole = (extra: object, port: string) => ({
    ...extra,
    function: { name: 'f', arguments: `{"port":"${port}"}` },
  });

  it.each([
    [
      'the same index with different ids',
      [whole({ index: 0, id: 'a' }, 'x'), whole({ index: 0, id: 'b' }, 'y')],
      ['a', 'b'],
    ],
    ['no index and no id', [whole({}, 'x'), whole({}, 'y')], ['call_0', 'call_1']],
    ['indexes that start at 1', [whole({ index: 1, id: 'a' }, 'x'), whole({ index: 2, id: 'b' }, 'y')], ['a', 'b']],
    ['ids without index', [whole({ id: 'a' }, 'x'), whole({ id: 'b' }, 'y')], ['a', 'b']],
  ])('are two calls with %s', (_, given, ids) => {
    const { out } = decode(given.map(piece));
    expect(calls(out).map(({ index, id, type }) => [index, id, type])).toEqual(ids.map((id, i) => [i, id, 'function']));
  });

  it.each([
    ['the id repeated', { index: 0, id: 'a', function: { name: 'f', arguments: '2}' } }],
    ['the name repeated without id', { index: 0, function: { name: 'f', arguments: '2}' } }],
    ['neither index nor id', { function: { arguments: '2}' } }],
    ['an empty id and name', { index: 0, id: '', function: { name: '', arguments: '2}' } }],
  ])('are one call with %s', (_, second) => {
    const { out } = decode([
      piece({ index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: '{"x":' } }),
      piece(second),
    ]);
    const [first, rest] = calls(out);
    expect(first).toEqual({ index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: '{"x":' } });
    expect(rest).toMatchObject({ index: 0, function: { arguments: '2}' } });
    expect(rest).not.toHaveProperty('id');
    expect(rest?.function).not.toHaveProperty('name');
  });

  it('keep pieces of parallel calls apart', () => {
    const { out } = decode([
      piece({ index: 0, id: 'a', function: { name: 'f', arguments: '' } }),
      piece({ index: 1, id: 'b', function: { name: 'g', arguments: '' } }),
      piece({ index: 0, function: { arguments: '1' } }),
      piece({ index: 1, function: { arguments: '2' } }),
    ]);
    expect(
      calls(out)
        .slice(2)
        .map(({ index, function: fn }) => [index, fn?.arguments]),
    ).toEqual([
      [0, '1'],
      [1, '2'],
    ]);
  });

  it('have arguments as text and foreign fields set aside', () => {
    const { out } = decode([
      piece({ index: 0, id: 'a', function: { name: 'f', arguments: { x: 1 } }, extra_content: 'c2ln' }),
    ]);
    expect(calls(out)[0]).toEqual({
      index: 0,
      id: 'a',
      type: 'function',
      function: { name: 'f', arguments: '{"x":1}' },
      provider_specific_fields: { extra_content: 'c2ln' },
    });
  });
});
