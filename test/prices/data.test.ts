import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { fileProblems, rowProblems } from '../../src/gen/check-prices.js';
import { fileOf, formatRows, readData, type Row } from '../../src/gen/price-data.js';
import { isPrice } from '../../src/gen/price-fields.js';
import { flatten, merge } from '../../src/gen/price-merge.js';
import { claimsOn, youngestFirst } from '../../src/gen/price-refresh.js';
import { readState } from '../../src/gen/refresh-prices.js';
import { providerNames } from '../../src/registry.gen.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const files = readData(root);

describe('the price rows', () => {
  test('are as the schema wants them', () => {
    expect([...files].flatMap(([file, rows]) => fileProblems(file, rows).map((each) => `${file}: ${each}`))).toEqual(
      [],
    );
  });

  test('stand one a line, sorted, each key once', () => {
    const keys = new Set<string>();
    for (const [file, rows] of files) {
      expect(readFileSync(join(root, 'src/prices/data', `${file}.json`), 'utf8'), file).toBe(formatRows(rows));
      for (const key of Object.keys(rows)) {
        expect(keys.has(key), key).toBe(false);
        keys.add(key);
      }
    }
    expect(keys.size).toBeGreaterThan(5000);
  });

  test('stand in files named after providers', () => {
    // Services whose prices are known, but which callm does not call by themselves.
    const others = new Set(
      (
        'agentcore anyscale apiserpent aws_polly bespoke bing_grounding black_forest_labs chatgpt dataforseo deepgram ' +
        'duckduckgo elevenlabs eu_jev exa_ai fal_ai firecrawl gigachat github_copilot google_pse laya linkup ' +
        'microsoft_365_copilot nace nimble nlp_cloud oci opencode_go parallel_ai recraft reducto runwayml sagemaker ' +
        'scaledown searxng serper soniox stability strands_decider tavily tinyfish transcribe typesafe you_com'
      ).split(' '),
    );
    expect([...files.keys()].filter((file) => !providerNames.has(file) && !others.has(file))).toEqual([]);
  });

  test('are what the rules make of what each source said', () => {
    const { state } = readState(root);
    const differ: string[] = [];
    for (const rows of files.values())
      for (const [key, row] of Object.entries(rows)) {
        const zeros = [row['free'], row['tiered_pricing'], row['off_peak_pricing']].some((each) => each !== undefined);
        const { prices, conflict } = merge(claimsOn(state, key, row), youngestFirst(state.dates), zeros);
        if (
          JSON.stringify([prices, conflict]) !== JSON.stringify([sorted(flatten(row, isPrice)), row['conflict'] ?? {}])
        )
          differ.push(key);
      }
    expect(differ).toEqual([]);
  });

  test('hold what the vendors list', () => {
    const million = (file: string, key: string, field: string): number =>
      Number(((files.get(file)?.[key]?.[field] as number) * 1e6).toPrecision(12));
    expect(million('openai', 'gpt-4o', 'input_cost_per_token')).toBe(2.5);
    expect(million('anthropic', 'claude-sonnet-4-5', 'cache_creation_input_token_cost_above_1hr')).toBe(6);
    expect(million('deepseek', 'deepseek-v4-pro', 'output_cost_per_token')).toBe(3.96);
    expect(million('bedrock', 'us.anthropic.claude-opus-4-6-v1', 'output_cost_per_token')).toBe(27.5);
  });
});

const sorted = (flat: Record<string, number>): Record<string, number> =>
  Object.fromEntries(Object.entries(flat).sort(([a], [b]) => (a < b ? -1 : 1)));

const good: Row = {
  litellm_provider: 'openai',
  mode: 'chat',
  input_cost_per_token: 2e-6,
  output_cost_per_token: 8e-6,
  max_input_tokens: 1000,
  supports_vision: true,
  supported_modalities: ['text'],
  source: 'https://example.com/pricing',
  checked: '2026-10-28',
  checked_of: 'lm',
};

describe('the schema', () => {
  const other = (change: Record<string, unknown>): Row => ({ ...good, ...change });
  const without = (...fields: string[]): Row =>
    Object.fromEntries(Object.entries(good).filter(([field]) => !fields.includes(field))) as Row;

  test('takes a good row, a free one, one without prices and one with tiers', () => {
    const rows = [
      good,
      other({ input_cost_per_token: 0, output_cost_per_token: 0, free: true }),
      without('input_cost_per_token', 'output_cost_per_token'),
      other({ output_cost_per_token: 0 }),
      other({ tiered_pricing: [{ range: [0, 1000], input_cost_per_token: 1e-6 }] }),
      other({ history: [{ until: '2026-01-01', input_cost_per_token: 3e-6, input_cost_per_token_batches: null }] }),
      other({ conflict: { input_cost_per_token: { litellm: 2e-6, 'models.dev': 3e-6 } } }),
      other({ search_context_cost_per_query: { search_context_size_medium: 0.01 } }),
      other({ off_peak_pricing: { hours_utc: '16:30-00:30', input_cost_per_token: 1e-6 } }),
    ];
    expect(rows.map((row) => rowProblems('openai', row))).toEqual(rows.map(() => []));
  });

  const bad: [name: string, row: Row, problem: RegExp][] = [
    ['a negative price', other({ input_cost_per_token: -1e-6 }), /negative/],
    ['a price that is no number', other({ input_cost_per_token: '0.000002' }), /no number/],
    ['a price per million', other({ input_cost_per_token: 2 }), /another unit/],
    ['a price per thousand', other({ output_cost_per_token: 0.008 }), /another unit/],
    ['a price divided once too often', other({ input_cost_per_token: 2e-12 }), /another unit/],
    ['a negative nested price', other({ search_context_cost_per_query: { search_context_size_low: -1 } }), /negative/],
    ['an absurd price', other({ input_cost_per_image: 5000 }), /too high/],
    ['zeros that nobody calls free', other({ input_cost_per_token: 0, output_cost_per_token: 0 }), /not free/],
    ['a free row with a price', other({ free: true }), /has a price/],
    ['no source', without('source'), /no source/],
    ['a source that is no address', other({ source: 'the pricing page' }), /no source/],
    ['no date', without('checked'), /no day/],
    ['a date that is none', other({ checked: '2026-02-30' }), /no day/],
    ['an unknown origin', other({ checked_of: 'x' }), /checked_of/],
    ['a retirement that is no day', other({ deprecation_date: 'soon' }), /deprecation_date/],
    ['an unknown field', other({ input_cost_per_tokn: 2e-6 }), /not known/],
    ['an unknown tier', other({ input_cost_per_token_above_300k_tokens: 2e-6 }), /not known/],
    ['an unknown mode', other({ mode: 'talk' }), /mode/],
    ["another provider's row", other({ litellm_provider: 'groq' }), /does not belong/],
    ['a limit of zero', other({ max_input_tokens: 0 }), /no limit/],
    ['a capability that is no boolean', other({ supports_vision: 'yes' }), /no boolean/],
    [
      'a conflict without the price',
      other({ conflict: { input_cost_per_token: { litellm: 1e-6, page: 3e-6 } } }),
      /lacks/,
    ],
    ['a conflict of one', other({ conflict: { input_cost_per_token: { litellm: 2e-6 } } }), /one side/],
    ['a bad range', other({ tiered_pricing: [{ range: [5, 1], input_cost_per_token: 1e-6 }] }), /range/],
    ['windows without hours', other({ off_peak_pricing: { input_cost_per_token: 1e-6 } }), /hours/],
    ['history without a day', other({ history: [{ input_cost_per_token: 1e-6 }] }), /no day/],
    [
      'history with a bad price',
      other({ history: [{ until: '2026-01-01', input_cost_per_token: 7 }] }),
      /another unit/,
    ],
    [
      'history out of order',
      other({
        history: [
          { until: '2026-01-01', input_cost_per_token: 1e-6 },
          { until: '2026-03-01', input_cost_per_token: 3e-6 },
        ],
      }),
      /order/,
    ],
  ];
  test.each(bad)('refuses %s', (_, row, problem) => {
    expect(rowProblems('openai', row).join('\n')).toMatch(problem);
  });

  test('knows whose file a row belongs into', () => {
    expect(fileOf('vertex_ai-anthropic_models')).toBe('vertex_ai');
    expect(fileOf('bedrock_converse')).toBe('bedrock');
    expect(fileOf('groq')).toBe('groq');
  });
});
