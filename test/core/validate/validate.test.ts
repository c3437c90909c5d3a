import { describe, expect, test } from 'vitest';
import { BadRequestError } from '../../../src/core/errors.js';
import {
  checkMessages,
  checkModel,
  checkNumbers,
  checkOptions,
  refuse,
  refuseUnserialisable,
} from '../../../src/core/validate.js';

function refusal(run: () => unknown): BadRequestError {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(BadRequestError);
    return error as BadRequestError;
  }
  throw new Error('it was let through');
}

describe('refuse', () => {
  test.each([
    [undefined, 'nothing'],
    [null, 'null'],
    [5, '5'],
    [true, 'true'],
    [10n, 'BigInt'],
    ['', 'empty string'],
    [[], 'empty array'],
    [[1], 'array'],
    [{ secret: 'x' }, 'object'],
    [() => 1, 'function'],
    [Symbol('s'), 'symbol'],
  ])('shows %s as %s', (given, shown) => {
    const error = refusal(() => refuse('field', given, 'must be good'));
    expect(error.message).toContain('field');
    expect(error.message).toContain('must be good');
    expect(error.message).toContain(shown);
    expect(error.message).not.toContain('secret');
    expect(error).toMatchObject({ param: 'field', code: 'invalid_input', status_code: 400 });
  });

  test('shows the beginning of a text only', () => {
    expect(refusal(() => refuse('field', 'x'.repeat(5000), 'must be short')).message.length).toBeLessThan(200);
  });
});

test('checkModel', () => {
  expect(() => checkModel('openai/gpt-4o')).not.toThrow();
  for (const bad of [undefined, null, '', ' ', 5, {}]) expect(refusal(() => checkModel(bad)).param).toBe('model');
});

describe('checkMessages', () => {
  test.each(['system', 'developer', 'user', 'assistant', 'function'])('takes the role %s', (role) => {
    expect(() => checkMessages([{ role, content: 'a' }])).not.toThrow();
  });

  test.each([
    [[{ role: 'tool', tool_call_id: 'c1', content: 'a' }]],
    [[{ role: 'assistant', content: null, tool_calls: [] }]],
    [[{ role: 'assistant' }]],
    [[{ role: 'user', content: ['text'] }]],
  ])('takes %j', (messages) => expect(() => checkMessages(messages)).not.toThrow());

  test.each([
    [
      [
        { role: 'user', content: 'a' },
        { role: 'users', content: 'a' },
      ],
      'messages[1].role',
    ],
    [[{ role: 'user', content: { text: 'a' } }], 'messages[0].content'],
    [[{ role: 'user', content: [null] }], 'messages[0].content[0]'],
    [[{ role: 'tool', content: 'a' }], 'messages[0].tool_call_id'],
    [[{ role: 'assistant', tool_calls: {} }], 'messages[0].tool_calls'],
  ])('names the place: %j', (messages, place) => {
    expect(refusal(() => checkMessages(messages)).message).toContain(place);
  });
});

test('checkNumbers takes what is absent, zero and negative where it may be', () => {
  expect(() => checkNumbers({ temperature: 0, presence_penalty: -2, max_tokens: 0, seed: -5 })).not.toThrow();
  expect(refusal(() => checkNumbers({ max_tokens: -1 })).param).toBe('max_tokens');
});

describe('checkOptions', () => {
  test('takes good ones', () => {
    const good = {
      timeout: { first_token: 1, idle: 2, total: 3600 },
      deadline: 0.5,
      num_retries: 0,
      signal: AbortSignal.abort(),
      api_base: 'https://example.com/v1?x=1',
      api_key: () => 'k',
    };
    expect(() => checkOptions(good)).not.toThrow();
  });

  test('says that time is in seconds', () => {
    for (const name of ['timeout', 'stream_timeout', 'deadline'])
      expect(refusal(() => checkOptions({ [name]: 5000 })).message).toMatch(/seconds/);
  });

  test('shows no password of an address', () => {
    expect(refusal(() => checkOptions({ api_base: 'ftp://user:hunter2@host/' })).message).not.toContain('hunter2');
  });

  test('an address is looked at again when it changes', () => {
    for (let round = 0; round < 3; round++) {
      expect(() => checkOptions({ api_base: 'http://127.0.0.1:1/v1' })).not.toThrow();
      expect(refusal(() => checkOptions({ api_base: 'nonsense' })).param).toBe('api_base');
    }
  });
});

test('refuseUnserialisable names the field to blame', () => {
  const circular: Record<string, unknown> = {};
  circular['self'] = circular;
  expect(refusal(() => refuseUnserialisable({ a: 1, messages: circular }, new Error('x'))).message).toContain(
    'messages',
  );
  expect(refusal(() => refuseUnserialisable({ a: 1, seed: 5n }, new Error('x'))).param).toBe('seed');
});
