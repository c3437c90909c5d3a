import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { formatRows, type Rows } from '../../src/gen/price-data.js';
import { merge, type Said, type SourceCode } from '../../src/gen/price-merge.js';
import { run } from '../../src/gen/refresh-prices.js';
import { readGenaiPrices, readLitellm, readModelsDev } from '../../src/gen/price-sources.js';

const row = {
  litellm_provider: 'acme',
  mode: 'chat',
  input_cost_per_token: 2e-6,
  output_cost_per_token: 8e-6,
  max_input_tokens: 1000,
  source: 'https://example.com/pricing',
  checked: '2026-05-01',
  checked_of: 'lm',
};
const data: Record<string, object> = {
  'acme/agreed': row,
  'acme/disputed': {
    ...row,
    checked_of: 'l',
    conflict: { input_cost_per_token: { litellm: 2e-6, 'models.dev': 3e-6 } },
  },
  'acme/by-page': { ...row, checked_of: 'p' },
  'acme/alone': { ...row, checked_of: 'l' },
  'acme/free:free': { ...row, input_cost_per_token: 0, output_cost_per_token: 0, free: true, checked_of: 'l' },
  'acme/only-elsewhere': { ...row, checked_of: 'm' },
};
const said = {
  litellm: { 'acme/only-elsewhere': null, 'acme/by-page': { input_cost_per_token: 1e-6 } },
  'models.dev': {
    'acme/agreed': { id: 'acme-ai/agreed', input_cost_per_token: 2e-6, output_cost_per_token: 8e-6 },
    'acme/disputed': { id: 'acme-ai/disputed', input_cost_per_token: 3e-6, output_cost_per_token: 8e-6 },
    'acme/only-elsewhere': { id: 'acme-ai/only-elsewhere', input_cost_per_token: 2e-6, output_cost_per_token: 8e-6 },
  },
  'genai-prices': {},
  page: { 'acme/by-page': { id: 'https://example.com', input_cost_per_token: 2e-6, output_cost_per_token: 8e-6 } },
};
const sources = {
  litellm: { checked: '2026-05-01', address: 'https://example.com/litellm' },
  'models.dev': { checked: '2026-04-01', address: 'https://example.com/models.dev' },
  'genai-prices': { checked: '2026-03-01', address: 'https://example.com/genai' },
};

let root: string;
const put = (file: string, content: string | Buffer): string => {
  writeFileSync(join(root, file), content);
  return join(root, file);
};
const json = (file: string): Record<string, Record<string, unknown> | null> =>
  JSON.parse(readFileSync(join(root, file), 'utf8')) as Record<string, Record<string, unknown> | null>;
const rows = (): Rows => json('src/prices/data/acme.json') as Rows;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'callm-refresh-'));
  mkdirSync(join(root, 'src/prices/data'), { recursive: true });
  mkdirSync(join(root, 'src/prices/said'));
  put('src/prices/data/acme.json', formatRows(data));
  for (const [source, content] of Object.entries(said)) put(`src/prices/said/${source}.json`, formatRows(content));
  put('src/prices/said/sources.json', JSON.stringify(sources));
});
afterEach(() => rmSync(root, { recursive: true }));

const map = (change: Record<string, object>): string => {
  const own = Object.entries(data).filter(([key]) => key !== 'acme/only-elsewhere');
  const rest = own.map(([key, each]) => [
    key,
    { ...each, source: row.source, checked: undefined, conflict: undefined },
  ]);
  const content: Record<string, object> = Object.fromEntries(rest);
  content['acme/by-page'] = { ...content['acme/by-page'], input_cost_per_token: 1e-6 };
  return JSON.stringify({ sample_spec: { litellm_provider: 'one of' }, ...content, ...change });
};

describe("a newer file of LiteLLM's", () => {
  const refresh = (change: Record<string, object>, ...args: string[]): string =>
    run(root, ['--litellm', put('map.json', map(change)), '--date', '2026-06-01', ...args]);

  test('changes nothing where it says the same', () => {
    expect(refresh({})).toBe('0 prices changed, 0 rows new, 0 no longer listed.');
    refresh({}, '--write');
    expect(rows()['acme/agreed']).toEqual({ ...row, checked: '2026-06-01' });
    expect(rows()['acme/disputed']?.['conflict']).toEqual({
      input_cost_per_token: { litellm: 2e-6, 'models.dev': 3e-6 },
    });
    expect(json('src/prices/said/sources.json')['litellm']).toEqual({ ...sources.litellm, checked: '2026-06-01' });
  });

  test('changes a price that it alone gives, and keeps the old one with its last day', () => {
    const report = refresh({ 'acme/alone': { ...row, input_cost_per_token: 2.5e-6 } }, '--write');
    expect(report).toContain('acme/alone input_cost_per_token: 2 per million -> 2.5 per million (+25.0 %)');
    expect(rows()['acme/alone']).toMatchObject({
      input_cost_per_token: 2.5e-6,
      history: [{ until: '2026-06-01', input_cost_per_token: 2e-6 }],
    });
    refresh({ 'acme/alone': { ...row, input_cost_per_token: 2.25e-6 } }, '--write', '--correction');
    expect(rows()['acme/alone']?.['history']).toEqual([{ until: '2026-06-01', input_cost_per_token: 2e-6 }]);
  });

  test('begins a conflict where another source still says the old price', () => {
    const report = refresh({ 'acme/agreed': { ...row, input_cost_per_token: 2.5e-6 } }, '--write');
    expect(report).toContain('Sources began or ceased to disagree: 1');
    expect(rows()['acme/agreed']).toMatchObject({
      input_cost_per_token: 2.5e-6,
      conflict: { input_cost_per_token: { litellm: 2.5e-6, 'models.dev': 2e-6 } },
    });
  });

  test('ends a conflict where it comes to say the same', () => {
    refresh({ 'acme/disputed': { ...row, input_cost_per_token: 3e-6 } }, '--write');
    expect(rows()['acme/disputed']).toMatchObject({ input_cost_per_token: 3e-6, checked_of: 'lm' });
    expect(rows()['acme/disputed']).not.toHaveProperty('conflict');
  });

  test("does not change what the vendor's page decided", () => {
    refresh({ 'acme/by-page': { ...row, input_cost_per_token: 9e-6 } }, '--write');
    expect(rows()['acme/by-page']).toMatchObject({ input_cost_per_token: 2e-6, checked_of: 'lp' });
    expect(json('src/prices/said/litellm.json')['acme/by-page']).toEqual({ input_cost_per_token: 9e-6 });
  });

  test('points at leaps, zeros and mistakes of units, and believes no zero', () => {
    const report = refresh({
      'acme/alone': { ...row, input_cost_per_token: 2e-5 },
      'acme/agreed': { ...row, output_cost_per_token: 0 },
      'acme/disputed': { ...row, input_cost_per_token: 2 },
    });
    expect(report).toContain(
      '! acme/alone input_cost_per_token: 2 per million -> 20 per million (+900.0 %) more than threefold',
    );
    expect(report).not.toContain('acme/agreed output');
    expect(report).toContain('acme/disputed: litellm: input_cost_per_token 2 is a mistake of units');
    expect(report).toContain('acme/disputed input_cost_per_token: 2 per million -> 3 per million');
    expect(rows()).toEqual(data);
  });

  test('keeps rows that it lacks, and takes new ones into the file of their provider', () => {
    const report = refresh(
      {
        'acme/alone': {},
        'vertex_ai/new': { ...row, litellm_provider: 'vertex_ai-llama_models', metadata: { notes: 'x' } },
        'acme/zeros': { ...row, input_cost_per_token: 0, output_cost_per_token: 0 },
      },
      '--write',
    );
    expect(report).toContain('No longer listed (kept; delete by hand): 1\n  acme/alone');
    expect(report).toContain('acme/zeros: all prices are zero');
    expect(rows()['acme/alone']).toEqual(data['acme/alone']);
    expect(rows()['acme/zeros']).not.toHaveProperty('input_cost_per_token');
    expect(json('src/prices/data/vertex_ai.json')['vertex_ai/new']).toEqual({
      ...row,
      litellm_provider: 'vertex_ai-llama_models',
      checked: '2026-06-01',
      checked_of: 'l',
    });
  });

  test('may be compressed', () => {
    const file = put('map.json.gz', gzipSync(map({})));
    expect(run(root, ['--litellm', file, '--date', '2026-06-01'])).toMatch(/^0 prices changed/);
  });
});

test('a newer file of models.dev changes the rows it is matched with, and adds models of providers it alone knows', () => {
  const cost = { input: 2, output: 8 };
  const file = put(
    'api.json',
    JSON.stringify({
      'acme-ai': {
        models: {
          agreed: { cost },
          disputed: { cost },
          'only-elsewhere': { cost: { input: 1, output: 8, cache_read: 0.1 } },
          fresh: { cost, limit: { context: 500 }, tool_call: true, modalities: { input: ['image'], output: ['text'] } },
          gratis: { cost: { input: 0, output: 0 } },
        },
      },
    }),
  );
  const report = run(root, ['--models-dev', file, '--date', '2026-06-02', '--write']);
  expect(report).toContain('2 prices changed, 1 rows new, 0 no longer listed.');
  expect(rows()['acme/only-elsewhere']).toMatchObject({
    input_cost_per_token: 1e-6,
    cache_read_input_token_cost: 1e-7,
    history: [{ until: '2026-06-02', input_cost_per_token: 2e-6 }],
  });
  expect(rows()['acme/disputed']).not.toHaveProperty('conflict');
  expect(rows()['acme/fresh']).toEqual({
    litellm_provider: 'acme',
    mode: 'chat',
    input_cost_per_token: 2e-6,
    output_cost_per_token: 8e-6,
    max_input_tokens: 500,
    supported_modalities: ['image'],
    supported_output_modalities: ['text'],
    supports_function_calling: true,
    supports_vision: true,
    source: 'https://example.com/models.dev',
    checked: '2026-06-02',
    checked_of: 'm',
  });
  expect(json('src/prices/said/litellm.json')['acme/fresh']).toBeNull();
});

test("what people wrote down of vendors' pages goes into the rows", () => {
  const page = { id: 'https://example.com/vendor', checked: '2026-07-01', input_cost_per_token: 3e-6 };
  put('src/prices/said/page.json', formatRows({ ...said.page, 'acme/disputed': page }));
  put('src/prices/said/hand.json', formatRows({ 'acme/alone': { output_cost_per_token: 1e-5 } }));
  const report = run(root, ['--pages', '--date', '2026-07-02', '--write']);
  expect(report).toContain('acme/disputed input_cost_per_token: 2 per million -> 3 per million');
  expect(rows()['acme/disputed']).toEqual({
    ...row,
    input_cost_per_token: 3e-6,
    source: page.id,
    checked: '2026-07-01',
    checked_of: 'lmp',
    history: [{ until: '2026-07-02', input_cost_per_token: 2e-6 }],
  });
  expect(rows()['acme/alone']).toMatchObject({ output_cost_per_token: 1e-5, checked_of: 'lu', source: row.source });
  expect(json('src/prices/said/page.json')['acme/disputed']).toEqual(page);
  expect(run(root, ['--pages'])).not.toContain('->');
});

test('a bad call is refused', () => {
  expect(() => run(root, [])).toThrow('give one of');
  expect(() => run(root, ['--litellm', 'a', '--models-dev', 'b'])).toThrow('give one of');
  expect(() => run(root, ['--litellm', put('map.json', '{}'), '--date', 'today'])).toThrow('no day');
});

describe('the readers', () => {
  test("take LiteLLM's numbers and facts, and no notes", () => {
    const told = readLitellm({
      sample_spec: { litellm_provider: 'one of' },
      'acme/a': {
        ...row,
        search_context_cost_per_query: { search_context_size_low: 0.01 },
        provider_specific_entry: { us: 1.1, other: 2, name: 'x' },
        tiered_pricing: [{ range: [0, 1] }],
        metadata: { notes: 'x' },
        supports_vision: true,
        source: 'see there',
      },
    });
    expect([...told.keys()]).toEqual(['acme/a']);
    expect(told.get('acme/a')).toEqual({
      prices: {
        input_cost_per_token: 2e-6,
        output_cost_per_token: 8e-6,
        'search_context_cost_per_query.search_context_size_low': 0.01,
        'provider_specific_entry.us': 1.1,
      },
      rest: {
        litellm_provider: 'acme',
        mode: 'chat',
        max_input_tokens: 1000,
        tiered_pricing: [{ range: [0, 1] }],
        supports_vision: true,
      },
    });
  });

  test('take the tiers of models.dev', () => {
    const tier = { input: 4, tier: { size: 272000 } };
    const models = { a: { cost: { input: 2, context_over_200k: { input: 3 }, tiers: [tier], reasoning: 5 } } };
    expect(readModelsDev({ acme: { models } }).get('acme/a')?.prices).toEqual({
      input_cost_per_token: 2e-6,
      output_cost_per_reasoning_token: 5e-6,
      input_cost_per_token_above_200k_tokens: 3e-6,
      input_cost_per_token_above_272k_tokens: 4e-6,
    });
  });

  test('take the price in force of genai-prices, and none by the hour', () => {
    const prices = [
      { prices: { input_mtok: 1 } },
      {
        constraint: { type: 'start_date', start_date: '2026-02-01' },
        prices: { input_mtok: { base: 2, tiers: [{ start: 271999, price: 3 }] } },
      },
      { constraint: { type: 'start_date', start_date: '2026-09-01' }, prices: { input_mtok: 9 } },
    ];
    const hourly = [{ prices: { input_mtok: 1 } }, { constraint: { type: 'time_of_date' }, prices: { input_mtok: 2 } }];
    const models = [
      { id: 'dated', prices },
      { id: 'hourly', prices: hourly },
      { id: 'plain', prices: { web_searches_kcount: 10 } },
    ];
    const told = readGenaiPrices([{ id: 'acme', models }], '2026-06-01');
    expect(told.get('acme/dated')?.prices).toEqual({
      input_cost_per_token: 2e-6,
      input_cost_per_token_above_272k_tokens: 3e-6,
    });
    expect(told.get('acme/hourly')?.prices).toEqual({});
    expect(told.get('acme/plain')?.prices).toEqual({
      'search_context_cost_per_query.search_context_size_medium': 0.01,
    });
  });
});

describe('the rules', () => {
  const decide = (claims: Partial<Record<SourceCode, number>>, field = 'input_cost_per_token', zeros = false) =>
    merge(
      new Map(
        Object.entries(claims).map(([code, price]): [SourceCode, Said] => [code as SourceCode, { [field]: price }]),
      ),
      ['l', 'g', 'm'],
      zeros,
    );
  const price = (...args: Parameters<typeof decide>): number | undefined => Object.values(decide(...args).prices)[0];

  test.each<[name: string, claims: Partial<Record<SourceCode, number>>, want: number | undefined]>([
    ['one source holds', { m: 2e-6 }, 2e-6],
    ['two of three hold', { l: 9e-6, m: 2e-6, g: 2e-6 }, 2e-6],
    ['0.05 % is no difference', { l: 2e-6, m: 2.0009e-6 }, 2e-6],
    ['the youngest of two holds', { m: 3e-6, l: 2e-6 }, 2e-6],
    ['models.dev rounds to cents', { l: 1.25e-7, m: 1.3e-7 }, 1.25e-7],
    ['a page decides', { l: 2e-6, m: 2e-6, p: 3e-6 }, 3e-6],
    ['a hand decides', { p: 2e-6, u: 3e-6 }, 3e-6],
    ['zero is no price beside one', { l: 0, m: 2e-6 }, 2e-6],
    ['zeros alone are no price', { l: 0, m: 0 }, undefined],
    ['a wrong unit is no price', { l: 2, m: 2e-6 }, 2e-6],
    ['a negative price is none', { l: -1, m: 2e-6 }, 2e-6],
  ])('%s', (_, claims, want) => {
    expect(price(claims)).toBe(want);
  });

  test('a conflict is told only where nobody agrees', () => {
    expect(decide({ l: 2e-6, m: 3e-6 }).conflict).toEqual({
      input_cost_per_token: { litellm: 2e-6, 'models.dev': 3e-6 },
    });
    expect(decide({ l: 2e-6, m: 3e-6, g: 3e-6 }).conflict).toEqual({});
    expect(decide({ l: 1.25e-7, m: 1.3e-7 }).conflict).toEqual({});
    expect(decide({ l: 2e-6, m: 3e-6, p: 3e-6 }).conflict).toEqual({});
  });

  test('zeros stay where the row is free', () => {
    expect(price({ l: 0 }, 'input_cost_per_token', true)).toBe(0);
  });
});
