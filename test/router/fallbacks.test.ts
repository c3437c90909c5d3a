import { describe, expect, test } from 'vitest';
import {
  BudgetExceededError,
  ContentPolicyViolationError,
  ContextWindowExceededError,
  GuardrailError,
} from '../../src/core/errors.js';
import { errorFor } from './faults.js';
import type { JsonObject } from '../../src/core/spec.js';
import type { RouterOptions } from '../../src/index.js';
import { at, messages, rig } from './rig.js';

const chain = [at('g', 'a'), at('h', 'b'), at('i', 'c'), at('j', 'd')];
const once = { num_retries: 0 };
const long = (): Error => new ContextWindowExceededError('too long', { status: 400 });
const refused = (): Error => new ContentPolicyViolationError('no', { status: 400 });

test.each([400, 401, 403, 404, 408, 409, 422, 429, 500, 503])('on %i', async (status) => {
  const { ask, runner } = rig(chain, { ...once, fallbacks: [{ g: ['h'] }] }, { a: status });
  expect(await ask()).toBe('b');
  expect(runner.hits).toEqual(['a', 'b']);
});

test('a guardrail ends the call', async () => {
  const { ask, runner } = rig(chain, { ...once, fallbacks: [{ g: ['h'] }] }, { a: new GuardrailError('no') });
  expect(await ask()).toBe('GuardrailError');
  expect(runner.hits).toEqual(['a']);
});

test('a spent budget of one group is no other’s: not retried, but its fallbacks are asked', async () => {
  const spent = new BudgetExceededError('spent');
  const { ask, runner } = rig(chain, { num_retries: 2, fallbacks: [{ g: ['h'] }] }, { a: spent });
  expect(await ask()).toBe('b');
  expect(runner.hits).toEqual(['a', 'b']);
  const all = rig(chain, { num_retries: 2, fallbacks: [{ g: ['h'] }] }, { a: spent, b: spent });
  expect(await all.ask()).toBe('BudgetExceededError');
  expect(all.runner.hits).toEqual(['a', 'b']);
});

test.each([
  ['in order, after the retries', { num_retries: 1, fallbacks: [{ g: ['h', 'i'] }] }, { b: 503 }, 'c', 'a a b b c'],
  ['a chain', { ...once, fallbacks: [{ g: ['h'] }, { h: ['i'] }, { i: ['j'] }] }, { b: 500, c: 500 }, 'd', 'a b c d'],
  ['a circle', { ...once, fallbacks: [{ g: ['h'] }, { h: ['g'] }] }, { b: 503 }, 'InternalServerError', 'a b'],
  ['a group named twice', { ...once, fallbacks: [{ g: ['h', 'h', 'i'] }] }, { b: 500 }, 'c', 'a b c'],
  ['the group itself', { ...once, fallbacks: [{ g: ['g', 'h'] }] }, {}, 'b', 'a b'],
  ['a group that is not there', { ...once, fallbacks: [{ g: ['nobody', 'h'] }] }, {}, 'b', 'a b'],
  ['for everybody', { ...once, fallbacks: [{ '*': ['h'] }] }, {}, 'b', 'a b'],
  ['the own before those for everybody', { ...once, fallbacks: [{ '*': ['h'] }, { g: ['i'] }] }, {}, 'c', 'a c'],
  ['default ones', { ...once, default_fallbacks: ['j'] }, {}, 'd', 'a d'],
  ['the own before the default ones', { ...once, default_fallbacks: ['j'], fallbacks: [{ g: ['h'] }] }, {}, 'b', 'a b'],
  [
    'default ones in a chain',
    { ...once, default_fallbacks: ['j'], fallbacks: [{ g: ['h'] }] },
    { b: 500 },
    'd',
    'a b d',
  ],
  ['of another group', { ...once, fallbacks: [{ h: ['i'] }] }, {}, 'InternalServerError', 'a'],
  ['a deployment by its id', { ...once, fallbacks: [{ g: ['c'] }] }, {}, 'c', 'a c'],
])('%s', async (_, options, scripts, outcome, hits) => {
  const { ask, runner } = rig(chain, options, { a: 500, ...scripts });
  expect(await ask()).toBe(outcome);
  expect(runner.hits.join(' ')).toBe(hits);
});

test('all failed: the error of the first group, with every attempt', async () => {
  const { fail } = rig(chain, { ...once, fallbacks: [{ g: ['h', 'i'] }] }, { a: 503, b: 401, c: 400 });
  const error = await fail();
  expect(error['status']).toBe(503);
  expect(error.attempts.map(({ deployment }) => deployment)).toEqual(['a', 'b', 'c']);
});

test.each([
  [0, 'a'],
  [1, 'a b'],
  [2, 'a b c'],
])('max_fallbacks %i bounds the depth, of the router or of the call', async (max_fallbacks, hits) => {
  const scripts = { a: 500, b: 500, c: 500, d: 500 };
  const fallbacks = [{ g: ['h'] }, { h: ['i'] }, { i: ['j'] }];
  const router = rig(chain, { ...once, fallbacks, max_fallbacks }, scripts);
  await router.ask();
  expect(router.runner.hits.join(' ')).toBe(hits);
  const call = rig(chain, { ...once, fallbacks }, scripts);
  await call.ask('g', { max_fallbacks });
  expect(call.runner.hits.join(' ')).toBe(hits);
});

test.each([
  ['names', { fallbacks: ['i'] }, 'c'],
  ['lists by group', { fallbacks: [{ g: ['i'] }] }, 'c'],
  ['none', { fallbacks: [] }, 'InternalServerError'],
  ['disabled', { disable_fallbacks: true }, 'InternalServerError'],
  ['nothing said', { fallbacks: null }, 'b'],
])('the call’s own: %s', async (_, call, outcome) => {
  const { ask } = rig(chain, { ...once, fallbacks: [{ g: ['h'] }], default_fallbacks: ['j'] }, { a: 500 });
  expect(await ask('g', call)).toBe(outcome);
});

test('an empty list of the call keeps the default ones away', async () => {
  const { ask } = rig(chain, { ...once, default_fallbacks: ['j'] }, { a: 500 });
  expect(await ask('g', { fallbacks: [] })).toBe('InternalServerError');
});

test('a list that is none is refused by name', async () => {
  const { fail, runner } = rig(chain);
  expect(await fail('g', { fallbacks: 'h' })).toMatchObject({ name: 'BadRequestError', param: 'fallbacks' });
  expect(runner.hits).toEqual([]);
});

test('a target has parameters of its own; the next has not', async () => {
  const fallbacks = [
    { model: 'h', temperature: 0.1, messages: [{ role: 'user', content: 'shorter' }], api_key: 'key-of-h' },
    'i',
  ];
  const { ask, runner } = rig(chain, once, { a: 500, b: 500 });
  expect(await ask('g', { fallbacks, temperature: 0.9 })).toBe('c');
  const [first, second, third] = runner.seen.map(({ input }) => input);
  expect(first).toMatchObject({ temperature: 0.9 });
  expect(second).toMatchObject({ temperature: 0.1, api_key: 'key-of-h', messages: [{ content: 'shorter' }] });
  expect(third).toMatchObject({ temperature: 0.9, messages: [{ content: 'Hello' }] });
  expect(third).not.toHaveProperty('api_key');
});

test('a chain hands no parameters on', async () => {
  const fallbacks = [{ g: [{ model: 'h', temperature: 0.1 }] }, { h: ['i'] }];
  const { ask, runner } = rig(chain, { ...once, fallbacks }, { a: 500, b: 500 });
  expect(await ask()).toBe('c');
  expect(runner.seen[1]?.input).toMatchObject({ temperature: 0.1 });
  expect(runner.seen[2]?.input).not.toHaveProperty('temperature');
});

test.each([
  ['its own list', { context_window_fallbacks: [{ g: ['i'] }], fallbacks: [{ g: ['h'] }] }, long, 'c'],
  ['no such list', { fallbacks: [{ g: ['h'] }] }, long, 'b'],
  [
    'a list of another group',
    { context_window_fallbacks: [{ j: ['i'] }], fallbacks: [{ g: ['h'] }] },
    long,
    'ContextWindowExceededError',
  ],
  ['a list for everybody', { context_window_fallbacks: [{ '*': ['i'] }] }, long, 'c'],
  ['default ones', { default_fallbacks: ['j'] }, long, 'd'],
  ['its own list', { content_policy_fallbacks: [{ g: ['i'] }], fallbacks: [{ g: ['h'] }] }, refused, 'c'],
  ['no such list', { fallbacks: [{ g: ['h'] }] }, refused, 'b'],
  [
    'a list of another group',
    { content_policy_fallbacks: [{ j: ['i'] }], fallbacks: [{ g: ['h'] }] },
    refused,
    'ContentPolicyViolationError',
  ],
])('%s: %o', async (_, options, error, outcome) => {
  const { ask } = rig(chain, { ...once, ...options }, { a: error() });
  expect(await ask()).toBe(outcome);
});

test('the call’s own lists for windows and policies', async () => {
  const { ask } = rig(chain, once, { a: [long(), refused()] });
  expect(await ask('g', { context_window_fallbacks: [{ g: ['h'] }] })).toBe('b');
  expect(await ask('g', { content_policy_fallbacks: [{ g: ['i'] }] })).toBe('c');
});

test.each([
  ['a list for it', { content_policy_fallbacks: [{ g: ['h'] }] }, 'b'],
  ['default fallbacks', { default_fallbacks: ['h'] }, 'b'],
  ['fallbacks for everybody', { fallbacks: [{ '*': ['h'] }] }, 'b'],
  ['a list for others', { content_policy_fallbacks: [{ i: ['h'] }] }, 'a'],
  ['other fallbacks', { fallbacks: [{ g: ['h'] }] }, 'a'],
  ['none', {}, 'a'],
])('an answer that a filter stopped, with %s', async (_, options, outcome) => {
  const { ask, runner } = rig(chain, { num_retries: 2, ...options }, { a: 'filtered' });
  expect(await ask()).toBe(outcome);
  expect(runner.hits).toHaveLength(outcome === 'a' ? 1 : 2);
});

test('what a filtered answer cost is part of the whole', async () => {
  const { router, runner } = rig(chain, { content_policy_fallbacks: [{ g: ['h'] }] }, { a: 'filtered' });
  const { _hidden_params } = await router.completion({ model: 'g', messages: [{ role: 'user', content: 'x' }] });
  expect(runner.hits).toEqual(['a', 'b']);
  expect(_hidden_params.response_cost).toBe(1);
  expect(_hidden_params.attempts.map(({ deployment }) => deployment)).toEqual(['a', 'b']);
});

test.each([
  ['an alias', 'nick', [{ nick: ['i'] }, { g: ['h'] }], 'c'],
  ['the group behind an alias', 'nick', [{ g: ['h'] }], 'b'],
  ['the alias of the group only', 'g', [{ nick: ['i'] }], 'InternalServerError'],
  ['a deployment by its id', 'a', [{ g: ['h'] }], 'InternalServerError'],
  ['a deployment’s id as the key', 'a', [{ a: ['h'] }], 'b'],
])('of %s', async (_, model, fallbacks, outcome) => {
  const { ask } = rig(chain, { ...once, fallbacks, model_group_alias: { nick: 'g' } }, { a: 500 });
  expect(await ask(model)).toBe(outcome);
});

test.each([
  ['the pattern', [{ 'openai/*': ['h'] }]],
  ['the model', [{ 'openai/gpt-y': ['h'] }]],
  ['the model without its provider', [{ 'gpt-y': ['h'] }]],
])('of a pattern by %s', async (_, fallbacks) => {
  const list = [at('openai/*', 'a', { model: 'openai/*' }), at('h', 'b')];
  const { ask } = rig(list, { ...once, fallbacks }, { 'gpt-y': 500 });
  expect(await ask('openai/gpt-y')).toBe('b');
});

test('an unknown group is named, unless there are default fallbacks', async () => {
  const { fail } = rig(chain);
  const error = await fail('nobody');
  expect(error).toMatchObject({ name: 'BadRequestError', param: 'model', code: 'unknown_group' });
  expect(error.message).toContain('"nobody"');
  expect(await rig(chain, { default_fallbacks: ['h'] }).ask('nobody')).toBe('b');
  expect(await rig(chain).fail('toString')).toMatchObject({ code: 'unknown_group' });
});

test('listeners hear of a fallback', async () => {
  const { router, ask } = rig(chain, { ...once, fallbacks: [{ g: ['h'] }] }, { a: errorFor(503) });
  const heard: unknown[] = [];
  await router.on('fallback', (event) => heard.push(event));
  await ask();
  expect(heard).toEqual([{ type: 'fallback', from: 'g', to: 'h', error: 'ServiceUnavailableError' }]);
});

describe('within one pattern', () => {
  const wild = [at('*', 'w', { model: 'openai/*' })];

  test.each<[string, RouterOptions, JsonObject]>([
    ['of the router', { fallbacks: [{ big: ['small'] }] }, {}],
    ['of the call', {}, { fallbacks: ['small'] }],
  ])('each name is a group of its own: %s', async (_, options, more) => {
    const made = rig(wild, { ...once, ...options }, { big: 500 });
    expect(await made.ask('big', more)).toBe('small');
    expect(made.runner.hits).toEqual(['big', 'small']);
    const { groups, deployments } = await made.router.plan('chat', { model: 'big', messages, ...more });
    expect(groups).toEqual(['*', '*']);
    expect(deployments.map(({ model }) => model)).toEqual(['openai/big', 'openai/small']);
  });

  test('two targets are two', async () => {
    const made = rig([at('g', 'a'), ...wild], { ...once, fallbacks: [{ g: ['x', 'y'] }] }, { a: 500, x: 500 });
    expect(await made.ask()).toBe('y');
    expect(made.runner.hits).toEqual(['a', 'x', 'y']);
  });

  test('no name is asked twice', async () => {
    const made = rig(wild, { ...once, fallbacks: [{ big: ['small'] }, { small: ['big'] }] }, { big: 500, small: 500 });
    expect(await made.ask('big')).toBe('InternalServerError');
    expect(made.runner.hits).toEqual(['big', 'small']);
  });
});

describe('a target with options of its own', () => {
  const list = [at('g', 'a'), at('h', 'b'), at('i', 'c')];

  test('num_retries holds for it alone', async () => {
    const options = { ...once, fallbacks: [{ g: [{ model: 'h', num_retries: 2 }, 'i'] }] };
    const made = rig(list, options, { a: 500, b: 500, c: 500 });
    expect(await made.ask()).toBe('InternalServerError');
    expect(made.runner.hits).toEqual(['a', 'b', 'b', 'b', 'c']);
    expect(made.runner.seen.every(({ input }) => input['num_retries'] === 0)).toBe(true);
  });

  test('retry_policy lets it be asked again', async () => {
    const target = { model: 'h', retry_policy: { BadRequestErrorRetries: 1 } };
    const made = rig(list, { ...once, fallbacks: [{ g: [target] }] }, { a: 500, b: [400, 'ok'] });
    expect(await made.ask()).toBe('b');
    expect(made.runner.hits).toEqual(['a', 'b', 'b']);
    expect(made.runner.seen[1]?.input).not.toHaveProperty('retry_policy');
  });

  test('tags, a region and fallbacks of its own', async () => {
    const tagged = [
      at('g', 'a'),
      at('h', 'paid', { tags: ['paid'], region_name: 'eu' }),
      at('h', 'free', { tags: ['free'], region_name: 'us' }),
    ];
    const options = { ...once, enable_tag_filtering: true };
    const byTag = rig(tagged, { ...options, fallbacks: [{ g: [{ model: 'h', tags: ['free'] }] }] }, { a: 500 });
    expect([await byTag.ask('g'), await byTag.ask('g', { tags: ['paid'] })]).toEqual(['free', 'free']);
    const byRegion = rig(
      tagged,
      { ...once, fallbacks: [{ g: [{ model: 'h', allowed_model_region: 'us' }] }] },
      { a: 500 },
    );
    expect(await byRegion.ask('g')).toBe('free');
    const chained = rig(
      [...list],
      { ...once, fallbacks: [{ g: [{ model: 'h', fallbacks: ['i'] }] }] },
      { a: 500, b: 500 },
    );
    expect(await chained.ask()).toBe('c');
  });

  test('that are none is refused by name', async () => {
    const wrong = [{ model: 'h', num_retries: -1 }];
    expect(() => rig(list, { fallbacks: [{ g: wrong }] })).toThrow('fallbacks has num_retries, which must be');
    const made = rig(list);
    expect((await made.fail('g', { fallbacks: wrong })).message).toContain('fallbacks: has num_retries, which must be');
    expect(made.runner.hits).toEqual([]);
  });
});

test.each<[string, RouterOptions, JsonObject]>([
  ["'*'", { fallbacks: [{ '*': ['h'] }] }, {}],
  ['the default ones', { default_fallbacks: ['h'] }, {}],
  ['those of the call', {}, { fallbacks: ['h'] }],
])('a name that is no group has fallbacks: %s', async (_, options, more) => {
  const made = rig([at('g', 'a'), at('h', 'b')], { ...once, ...options });
  expect(await made.ask('nobody', more)).toBe('b');
  expect((await made.router.plan('chat', { model: 'nobody', messages, ...more })).groups).toEqual(['h']);
  expect(await made.ask('nobody', { ...more, disable_fallbacks: true })).toBe('BadRequestError');
});
