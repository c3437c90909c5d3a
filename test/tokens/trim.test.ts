import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { tokenCounter, trimMessages } from '../../src/tokens/index.js';
import { trimTo } from '../../src/tokens/trim.js';
import type { ChatMessage } from '../../src/types/index.js';

const model = 'gpt-4o';
const user = (content: string): ChatMessage => ({ role: 'user', content });
const assistant = (content: string): ChatMessage => ({ role: 'assistant', content });
const system: ChatMessage = { role: 'system', content: 'Answer like a harbour master.' };
const call = (id: string): ChatMessage => ({
  role: 'assistant',
  content: null,
  tool_calls: [{ id, type: 'function', function: { name: 'tide', arguments: '{"port":"Sines"}' } }],
});
const result = (id: string, content = '3.1 m at 14:32'): ChatMessage => ({ role: 'tool', tool_call_id: id, content });
const cost = (...messages: ChatMessage[]): Promise<number> => tokenCounter({ model, messages });
const trim = (messages: ChatMessage[], max_tokens: number) => trimMessages(messages, { model, max_tokens });
const long = 'The ferry leaves at noon, unless the fog rolls in. '.repeat(40);

describe('what fits', () => {
  const messages = [system, user('Hi'), assistant('Ahoy'), user('When is high water?')];

  test('stays as it is', async () => {
    expect(await trim(messages, await cost(...messages))).toEqual(messages);
    const most = (await cost(...messages)) - 1;
    expect(await cost(...(await trim(messages, most)))).toBeLessThanOrEqual(most);
  });

  test('stays where the limit is not known', async () => {
    expect(await trimMessages(messages)).toEqual(messages);
    expect(await trimMessages(messages, { model, limits: () => undefined, return_response_tokens: true })).toEqual([
      messages,
      Infinity,
    ]);
  });
});

test('the limit is a part of what the model takes', async () => {
  const messages = [user('one'), user('two'), user('three')];
  const two = await cost(...messages.slice(1));
  const limits = (name: string) => Promise.resolve(name === model ? two * 2 : undefined);
  expect(await trimMessages(messages, { model, limits, trim_ratio: 0.5 })).toEqual(messages.slice(1));
  expect(await trimMessages(messages, { model, limits: () => Math.ceil(two / 0.75) })).toEqual(messages.slice(1));
});

test('a limit that is none is refused', async () => {
  await expect(trim([user('a')], Number.NaN)).rejects.toMatchObject({ param: 'max_tokens' });
  await expect(trimMessages([user('a')], { trim_ratio: -1 })).rejects.toMatchObject({ param: 'trim_ratio' });
});

describe('the oldest go first', () => {
  test('instructions stay, wherever they stand', async () => {
    const developer: ChatMessage = { role: 'developer', content: 'Metres only.' };
    const messages = [system, user('one'), developer, assistant('two'), user('three')];
    const kept = [system, developer, assistant('two'), user('three')];
    expect(await trim(messages, (await cost(...kept)) + 2)).toEqual(kept);
  });

  test('the last that does not fit loses its middle', async () => {
    const messages = [user('gone'), user(long), assistant('Yes.'), user('Sure?')];
    const most = (await cost(...messages.slice(2))) + 60;
    const trimmed = await trim(messages, most);
    expect(trimmed.slice(1)).toEqual(messages.slice(2));
    expect(trimmed[0]?.content).toMatch(/^The ferry leaves at noon.+\.\..+fog rolls in\. $/s);
    expect(await cost(...trimmed)).toBeLessThanOrEqual(most);
    expect(await cost(...trimmed)).toBeGreaterThan(most - 15);
  });

  test('nothing older is kept beyond a gap', async () => {
    const messages = [user('short'), call('a'), result('a', long), user('Well?')];
    expect(await trim(messages, (await cost(user('Well?'))) + 20)).toEqual([user('Well?')]);
  });

  test('the caller’s messages are left alone', async () => {
    const messages = Object.freeze([Object.freeze(user(long)), Object.freeze(user(long))]) as ChatMessage[];
    await trim(messages, 50);
    expect(messages).toEqual([user(long), user(long)]);
  });
});

describe('calls and results', () => {
  test('go together', async () => {
    const messages = [user('Tide?'), call('a'), result('a'), assistant('3.1 m'), user('Thanks')];
    const most = await cost(result('a'), assistant('3.1 m'), user('Thanks'));
    expect(await trim(messages, most)).toEqual([assistant('3.1 m'), user('Thanks')]);
    expect(await trim(messages, await cost(...messages.slice(1)))).toEqual(messages.slice(1));
  });

  test('that wait for an answer stay whole', async () => {
    const waiting = [call('a'), result('a', long), result('b')];
    const messages = [system, user(long), ...waiting];
    const trimmed = await trim(messages, (await cost(system, ...waiting)) + 20);
    expect(trimmed.slice(-3)).toEqual(waiting);
    expect(trimmed[0]).toEqual(system);
  });
});

describe('one message too many', () => {
  test('the last one is shortened', async () => {
    const [shorter, ...rest] = await trim([user('old'), user(long)], 40);
    expect(rest).toEqual([]);
    expect(await cost(shorter as ChatMessage)).toBeLessThanOrEqual(40);
  });

  test('of parts the longest text', async () => {
    const image = { type: 'image_url' as const, image_url: { url: 'https://example.com/a.png' } };
    const content = [{ type: 'text' as const, text: 'Look:' }, image, { type: 'text' as const, text: long }];
    const [message] = await trim([{ role: 'user', content }], 150);
    expect(message?.content).toEqual([content[0], image, { type: 'text', text: expect.stringContaining('..') }]);
  });

  test('never vanishes, and never takes all from the instructions', async () => {
    expect(await trim([user('old'), user(long)], 2)).toEqual([user('..')]);
    const trimmed = await trim([{ role: 'system', content: long }, user(long)], 120);
    expect(trimmed.map(({ role }) => role)).toEqual(['system', 'user']);
    for (const { content } of trimmed) expect((content as string).length).toBeGreaterThan(60);
  });

  test('no character is cut through', () => {
    const content = '👩‍👩‍👧'.repeat(30);
    for (let most = 5; most < 200; most += 7) {
      const { messages } = trimTo([{ role: 'user', content }], most, (message) => String(message['content']).length);
      const kept = String(messages[0]?.['content']);
      expect(Buffer.from(kept).toString()).toBe(kept);
    }
  });
});

test('what is left is told', async () => {
  const messages = [user('one'), user('two')];
  const most = (await cost(...messages)) + 7;
  expect(await trimMessages(messages, { model, max_tokens: most, return_response_tokens: true })).toEqual([
    messages,
    7,
  ]);
  const one = await cost(user('two'));
  const [kept, left] = await trimMessages(messages, { model, max_tokens: one + 1, return_response_tokens: true });
  expect([kept, left]).toEqual([[user('two')], 1]);
});

test('any conversation is cut to its limit, in order, with every result behind its call', () => {
  const text = fc.string({ maxLength: 60 });
  const turn = fc.oneof(
    text.map((content) => [{ role: 'user', content }]),
    text.map((content) => [{ role: 'assistant', content }]),
    text.map((content) => [{ role: 'system', content: content.slice(0, 8) }]),
    fc
      .array(text, { minLength: 1, maxLength: 3 })
      .map((contents) => [
        { role: 'assistant', tool_calls: [{}] },
        ...contents.map((content) => ({ role: 'tool', content })),
      ]),
  );
  const size = (message: object): number => JSON.stringify(message).length;
  fc.assert(
    fc.property(fc.array(turn, { maxLength: 8 }), fc.integer({ min: 400, max: 900 }), (turns, most) => {
      const given = [...turns.flat(), { role: 'user', content: 'last' }];
      const { messages, left } = trimTo(given, most, size);
      expect(messages.reduce((sum, message) => sum + size(message), 3) + left).toBe(most);
      expect(left).toBeGreaterThanOrEqual(0);
      const roles = messages.map(({ role }) => role);
      roles.forEach((role, at) => {
        if (role === 'tool') expect(['tool', 'assistant']).toContain(roles[at - 1]);
      });
      expect(messages.filter(({ role }) => role === 'system')).toEqual(given.filter(({ role }) => role === 'system'));
      expect(messages.at(-1)).toEqual({ role: 'user', content: 'last' });
    }),
  );
});
