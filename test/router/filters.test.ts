import { expect, test } from 'vitest';
import { errorFor } from './faults.js';
import { at, rig } from './rig.js';

const once = { num_retries: 0 };
const tags = (...names: string[]) => ({ metadata: { tags: names } });

const tagged = [
  at('g', 'free', { tags: ['free'] }),
  at('g', 'paid', { tags: ['paid', 'fast'] }),
  at('g', 'else', { tags: ['default'] }),
];

/** Who may serve. */
async function who(made: ReturnType<typeof rig>, call: object): Promise<string[]> {
  const { deployments } = await made.router.plan('chat', {
    model: 'g',
    messages: [{ role: 'user', content: 'x' }],
    ...call,
  });
  return deployments.filter(({ excluded }) => excluded === undefined).map(({ deployment }) => deployment);
}

test.each([
  ['one', {}, tags('free'), ['free']],
  ['any of them', {}, tags('free', 'fast'), ['free', 'paid']],
  ['all of them', { tag_filtering_match_any: false }, tags('paid', 'fast'), ['paid']],
  ['all of them, nobody has', { tag_filtering_match_any: false }, tags('free', 'fast'), ['else']],
  ['nobody has', {}, tags('unheard'), ['else']],
  ['none', {}, {}, ['else']],
  ['beside metadata', {}, { tags: ['paid'] }, ['paid']],
  ['not asked for', { enable_tag_filtering: false }, tags('free'), ['free', 'paid', 'else']],
])('tags: %s', async (_, options, call, expected) => {
  expect(await who(rig(tagged, { enable_tag_filtering: true, ...options }), call)).toEqual(expected);
});

test('without a default all serve a call without tags, and nobody one with others', async () => {
  const made = rig(tagged.slice(0, 2), { ...once, enable_tag_filtering: true });
  expect(await who(made, {})).toEqual(['free', 'paid']);
  expect(await made.fail('g', tags('unheard'))).toMatchObject({
    name: 'NoDeploymentError',
    reasons: { free: 'its tags do not fit', paid: 'its tags do not fit' },
  });
});

test('a region', async () => {
  const list = [at('g', 'eu', { region_name: 'eu' }), at('g', 'us', { region_name: 'us' }), at('g', 'any')];
  const made = rig(list);
  expect(await who(made, {})).toEqual(['eu', 'us', 'any']);
  expect(await who(made, { allowed_model_region: 'eu' })).toEqual(['eu']);
  expect(await who(made, { allowed_model_region: ['eu', 'us'] })).toEqual(['eu', 'us']);
  const error = await made.fail('g', { allowed_model_region: 'mars' });
  expect(error['reasons']).toEqual({ eu: 'its region is eu', us: 'its region is us', any: 'its region is not known' });
});

const long = { messages: [{ role: 'user', content: 'word '.repeat(500) }] };

test('a context window, from the entry or what is known of the model', async () => {
  const list = [at('g', 'small', {}, { max_input_tokens: 50 }), at('g', 'gpt-4o')];
  expect(await who(rig(list, { enable_pre_call_checks: true }), long)).toEqual(['gpt-4o']);
  expect(await who(rig(list), long)).toEqual(['small', 'gpt-4o']);
  const base = [at('g', 'mine', {}, { base_model: 'gpt-4' }), at('g', 'wide', {}, { max_input_tokens: 10_000_000 })];
  const huge = { messages: [{ role: 'user', content: 'word '.repeat(40_000) }] };
  expect(await who(rig(base, { enable_pre_call_checks: true }), huge)).toEqual(['wide']);
});

test('a prompt too long for all is told as such, and goes to the fallbacks for it', async () => {
  const list = [at('g', 'a', {}, { max_input_tokens: 50 }), at('g', 'b', {}, { max_input_tokens: 60 }), at('h', 'c')];
  const made = rig(list, { enable_pre_call_checks: true });
  expect(await made.fail('g', long)).toMatchObject({
    name: 'ContextWindowExceededError',
    status_code: 400,
    attempts: [],
  });
  expect(await made.ask('g', { ...long, context_window_fallbacks: [{ g: ['h'] }] })).toBe('c');
  expect(made.runner.hits).toEqual(['c']);
});

test('a response_format that a model is known not to take', async () => {
  const list = [at('g', 'gpt-3.5-turbo-instruct'), at('g', 'gpt-4o')];
  const made = rig(list, { enable_pre_call_checks: true });
  const fit = await who(made, { response_format: { type: 'json_object' } });
  expect(fit).toContain('gpt-4o');
});

test('the lowest order first, those without one last', async () => {
  const made = rig([at('g', 'none'), at('g', 'two', { order: 2 }), at('g', 'one', { order: 1 })], once, {
    one: ['ok', 429],
    two: ['ok', 429],
  });
  expect(await made.ask()).toBe('one');
  expect(await who(made, {})).toEqual(['one', 'two', 'none']);
  // It cools, and the next order serves.
  expect(await made.ask('g', { disable_fallbacks: true })).toBe('RateLimitError');
  expect(await made.ask()).toBe('two');
});

test.each([
  ['at once, for it was not tried yet', { num_retries: 1 }, {}, 500, 'a b'],
  ['also when no retry is left', once, {}, 500, 'a b'],
  ['at once where a retry is of no use', { num_retries: 1 }, {}, 400, 'a b'],
  ['when the first is left alone', { num_retries: 1 }, {}, 429, 'a b'],
  ['not with fallbacks disabled', once, { disable_fallbacks: true }, 500, 'a'],
])('the next order: %s', async (_, options, call, status, hits) => {
  const list = [at('g', 'a', { order: 1 }), at('g', 'b', { order: 2 })];
  const { ask, runner } = rig(list, options, { a: status });
  await ask('g', call);
  expect(runner.hits.join(' ')).toBe(hits);
});

test('orders come before fallbacks; all failed, the first error counts', async () => {
  const list = [at('g', 'a', { order: 1 }), at('g', 'b', { order: 2 }), at('h', 'c')];
  const made = rig(list, { ...once, fallbacks: [{ g: ['h'] }] }, { a: 500, b: 503, c: ['ok', 401] });
  expect(await made.ask()).toBe('c');
  expect(made.runner.hits).toEqual(['a', 'b', 'c']);
  expect((await made.fail())['status']).toBe(500);
  expect(made.runner.hits).toEqual(['a', 'b', 'c', 'a', 'b', 'c']);
});

test('a prompt that is too long passes over the orders', async () => {
  const list = [at('g', 'a', { order: 1 }), at('g', 'b', { order: 2 }), at('h', 'c')];
  const error = errorFor(400);
  Object.setPrototypeOf(error, (await import('../../src/core/errors.js')).ContextWindowExceededError.prototype);
  const { ask, runner } = rig(list, { ...once, context_window_fallbacks: [{ g: ['h'] }] }, { a: error });
  expect(await ask()).toBe('c');
  expect(runner.hits).toEqual(['a', 'c']);
});
