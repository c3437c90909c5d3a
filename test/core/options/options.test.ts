import { describe, expect, test } from 'vitest';
import { isMocked, isOption, resolveReferences, splitInput } from '../../../src/core/options.js';

describe('splitInput', () => {
  test('tells options from parameters; unknown keys are parameters', () => {
    const { params, options } = splitInput(undefined, {
      model: 'm',
      temperature: 0,
      of_tomorrow: 1,
      api_key: 'k',
      timeout: 5,
    });
    expect(params).toEqual({ model: 'm', temperature: 0, of_tomorrow: 1 });
    expect(options).toMatchObject({ api_key: 'k', timeout: 5 });
  });

  test('leaves out what is absent or null, and keeps what is falsy', () => {
    const { params, options } = splitInput(
      { seed: 1, deadline: 5 },
      { seed: null, deadline: undefined, stop: '', n: 0, drop_params: false },
    );
    expect(params).toEqual({ seed: 1, stop: '', n: 0 });
    expect(options).toMatchObject({ deadline: 5, drop_params: false });
  });

  test('the call wins over the defaults, under whichever name', () => {
    const pairs = [
      ['num_retries', 'max_retries'],
      ['api_base', 'base_url'],
      ['timeout', 'request_timeout'],
    ] as const;
    for (const [name, alias] of pairs)
      for (const [given, called] of [
        [name, name],
        [name, alias],
        [alias, name],
        [alias, alias],
      ] as const) {
        const { options } = splitInput({ [given]: 'default' }, { [called]: 'call' });
        expect(options[name], `${called} over ${given}`).toBe('call');
      }
    expect(splitInput(undefined, { max_retries: 1, num_retries: 0 }).options.num_retries).toBe(0);
  });

  test('headers and extra fields are merged, the call winning', () => {
    for (const name of ['headers', 'extra_headers', 'extra_body', 'extra_query']) {
      const defaults = { [name]: { a: '1', b: '1' } };
      const { options } = splitInput(defaults, { [name]: { b: '2', c: '2' } });
      expect(options[name]).toEqual({ a: '1', b: '2', c: '2' });
      expect(defaults[name]).toEqual({ a: '1', b: '1' });
    }
  });

  test('changes nothing that it is given', () => {
    const defaults = Object.freeze({ extra_body: Object.freeze({ a: 1 }), max_retries: 2 });
    const input = Object.freeze({ model: 'm', extra_body: Object.freeze({ b: 1 }), base_url: 'http://x' });
    expect(() => splitInput(defaults, input)).not.toThrow();
  });
});

test('a price that is a text is refused by name', () => {
  expect(() => splitInput(undefined, { input_cost_per_token: '0.1' })).toThrow(
    'input_cost_per_token: must be USD, a number',
  );
  expect(splitInput(undefined, { input_cost_per_token: 'os.environ/PRICE' }).options).toEqual({
    input_cost_per_token: 'os.environ/PRICE',
  });
});

describe('isOption', () => {
  test.each([
    'aws_region_name',
    'vertex_project',
    'azure_ad_token',
    'litellm_call_id',
    'mock_response',
    'input_cost_per_token',
  ])('%s: yes, by its prefix', (name) => expect(isOption(name)).toBe(true));
  test.each([
    'temperature',
    'metadata',
    'awsome',
    'thinking',
    'reasoning_effort',
    'constructor',
    '__proto__',
    'toString',
  ])('%s: no', (name) => expect(isOption(name)).toBe(false));
  test('answers the same for thousands of names', () => {
    for (let index = 0; index < 2000; index++) expect(isOption(`param_${index}`)).toBe(false);
    expect(isOption('aws_zzz')).toBe(true);
    expect(isOption('temperature')).toBe(false);
  });
});

test('resolveReferences reads os.environ/NAME', () => {
  const options = { api_key: 'os.environ/KEY', api_base: 'http://x', api_version: 'os.environ/NONE' };
  resolveReferences(options, (name) => (name === 'KEY' ? 'secret' : undefined));
  expect(options).toEqual({ api_key: 'secret', api_base: 'http://x', api_version: undefined });
});

test('isMocked', () => {
  expect(isMocked({ mock_response: '' })).toBe(true);
  expect(isMocked({ mock_timeout: true })).toBe(true);
  expect(isMocked({ mock_timeout: false, mock_delay: 1 })).toBe(false);
});
