/** Each protocol's own counts, and what becomes of them. The raw object stays in `provider_specific_fields.usage`. */
import { describe, expect, it } from 'vitest';
import { readUsage as readAnthropic } from '../../providers/anthropic/usage.js';
import { readUsage as readBedrock } from '../../providers/bedrock/usage.js';
import { readUsage as readCohere } from '../../providers/cohere/answer.js';
import { toUsage as readGemini } from '../../providers/gemini/usage.js';
import { readUsage as readOllama } from '../../providers/ollama/answer.js';
import { readUsage as readOpenAI } from '../../providers/openai/usage.js';
import type { Usage } from '../../src/index.js';
import { readUsage as readCounts, type Quantities } from '../../src/prices/quantities.js';
import { brokenCounts, brokenRules } from './rules.js';

interface Wire {
  name: string;
  usage: Usage | undefined;
  sums: [prompt: number, completion: number];
  /** What prices are made out from. */
  counts: Partial<Quantities>;
}

const anthropic = {
  input_tokens: 100,
  cache_creation_input_tokens: 30,
  cache_read_input_tokens: 50,
  cache_creation: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 20 },
  output_tokens: 40,
  output_tokens_details: { thinking_tokens: 25 },
  server_tool_use: { web_search_requests: 2, web_fetch_requests: 1 },
  service_tier: 'batch',
  inference_geo: 'us',
  speed: 'fast',
};
const compacted = {
  input_tokens: 612,
  output_tokens: 2819,
  iterations: [
    {
      type: 'compaction',
      input_tokens: 60_385,
      output_tokens: 522,
      cache_read_input_tokens: 7,
      cache_creation: { ephemeral_5m_input_tokens: 3 },
      cache_creation_input_tokens: 3,
    },
    { type: 'message', input_tokens: 612, output_tokens: 2819 },
    { type: 'advisor_message', model: 'another', input_tokens: 2543, output_tokens: 18 },
  ],
};
const bedrock = {
  inputTokens: 100,
  outputTokens: 40,
  totalTokens: 220,
  cacheReadInputTokens: 50,
  cacheWriteInputTokens: 30,
  cacheDetails: [
    { ttl: '5m', inputTokens: 10 },
    { ttl: '1h', inputTokens: 20 },
  ],
};
const thinking = { usage: { output_tokens_details: { thinking_tokens: 25 } } };
const gemini = {
  promptTokenCount: 500,
  toolUsePromptTokenCount: 70,
  candidatesTokenCount: 40,
  thoughtsTokenCount: 25,
  totalTokenCount: 635,
  cachedContentTokenCount: 60,
  promptTokensDetails: [
    { modality: 'TEXT', tokenCount: 100 },
    { modality: 'AUDIO', tokenCount: 200 },
    { modality: 'IMAGE', tokenCount: 120 },
    { modality: 'VIDEO', tokenCount: 80 },
  ],
  toolUsePromptTokensDetails: [{ modality: 'TEXT', tokenCount: 70 }],
  cacheTokensDetails: [
    { modality: 'TEXT', tokenCount: 20 },
    { modality: 'AUDIO', tokenCount: 40 },
  ],
  candidatesTokensDetails: [
    { modality: 'TEXT', tokenCount: 10 },
    { modality: 'AUDIO', tokenCount: 30 },
  ],
  trafficType: 'ON_DEMAND_FLEX',
};
const grounding = [
  { webSearchQueries: ['', 'tides at Sines', 'tides at Sines', 'moon'] },
  undefined,
  { groundingChunks: [{ maps: { uri: 'https://maps.example.com' } }] },
];
const cohere = {
  billed_units: { input_tokens: 62, output_tokens: 38 },
  tokens: { input_tokens: 1531, output_tokens: 89, reasoning_tokens: 20 },
  cached_tokens: 1024,
};
const pictures = {
  billed_units: { input_tokens: 267, output_tokens: 66 },
  tokens: { input_tokens: 34, output_tokens: 70, image_tokens: 259 },
};
const ollama = { prompt_eval_count: 26, eval_count: 298 };
const grok = {
  prompt_tokens: 100,
  completion_tokens: 10,
  total_tokens: 135,
  prompt_tokens_details: { cached_tokens: 60, text_tokens: 70, image_tokens: 30 },
  completion_tokens_details: { reasoning_tokens: 25 },
  server_side_tool_usage_details: { web_search_calls: 3 },
};
const perplexity = {
  prompt_tokens: 20,
  completion_tokens: 80,
  total_tokens: 100,
  citation_tokens: 900,
  num_search_queries: 4,
  search_context_size: 'low',
};
const audio = {
  prompt_tokens: 100,
  completion_tokens: 60,
  total_tokens: 160,
  prompt_tokens_details: { cached_tokens: 40, audio_tokens: 30, cached_tokens_details: { audio_tokens: 10 } },
  completion_tokens_details: {
    reasoning_tokens: 5,
    audio_tokens: 20,
    accepted_prediction_tokens: 8,
    rejected_prediction_tokens: 7,
  },
  service_tier: 'flex',
};
const hit = { prompt_tokens: 10, completion_tokens: 4, total_tokens: 14, prompt_cache_hit_tokens: 8 };
const beyond = {
  prompt_tokens: 7,
  completion_tokens: 1,
  total_tokens: 8,
  prompt_tokens_details: { cached_tokens: 163 },
};
const sound = {
  prompt_tokens: 9,
  completion_tokens: 201,
  total_tokens: 585,
  prompt_tokens_details: { audio_tokens: 375 },
};
const unsummed = {
  prompt_tokens: 61,
  completion_tokens: 10,
  total_tokens: 71,
  completion_tokens_details: { reasoning_tokens: 96 },
};

const wires: Wire[] = [
  {
    name: 'Anthropic',
    usage: readAnthropic(anthropic),
    sums: [180, 40],
    counts: {
      cached: 50,
      written: 10,
      written_1h: 20,
      reasoning: 25,
      web_searches: 2,
      tier: 'batch',
      geo: 'us',
      speed: 'fast',
    },
  },
  {
    name: 'Anthropic, with a summary of the conversation',
    usage: readAnthropic(compacted),
    sums: [61_007, 3341],
    counts: { cached: 7, written: 3 },
  },
  {
    name: 'Bedrock',
    usage: readBedrock(bedrock, thinking),
    sums: [180, 40],
    counts: { cached: 50, written: 10, written_1h: 20, reasoning: 25 },
  },
  {
    name: 'Gemini',
    usage: readGemini(gemini, grounding),
    sums: [570, 65],
    counts: {
      cached: 20,
      cached_audio: 40,
      audio_in: 160,
      image_in: 120,
      video_in: 80,
      audio_out: 30,
      reasoning: 25,
      grounding_searches: 2,
      maps_queries: 1,
      tier: 'flex',
    },
  },
  {
    name: 'Cohere',
    usage: readCohere(cohere),
    sums: [1531, 89],
    counts: { prompt: 62, completion: 38, cached: 62, reasoning: 20 },
  },
  { name: 'Cohere, with images', usage: readCohere(pictures), sums: [34, 70], counts: { prompt: 267, completion: 66 } },
  { name: 'Ollama', usage: readOllama({ ...ollama, done: true }), sums: [26, 298], counts: {} },
];

const openai: [name: string, raw: object, sums: [number, number], counts: Partial<Quantities>][] = [
  ['xAI', grok, [100, 35], { cached: 60, image_in: 30, reasoning: 25, web_searches: 3 }],
  ['Perplexity', perplexity, [20, 80], { citation: 900, web_searches: 4, search_size: 'low' }],
  [
    'OpenAI, spoken',
    audio,
    [100, 60],
    { cached: 30, cached_audio: 10, audio_in: 20, audio_out: 20, reasoning: 5, tier: 'flex' },
  ],
  ['DeepSeek', hit, [10, 4], { cached: 8 }],
];

describe.each(wires)('$name', ({ usage, sums: [prompt, completion], counts }) => {
  it('adds up', () => {
    expect(usage).toMatchObject({
      prompt_tokens: prompt,
      completion_tokens: completion,
      total_tokens: prompt + completion,
    });
    expect(brokenRules(usage)).toEqual([]);
    expect(brokenCounts(usage as Usage)).toEqual([]);
  });

  it('tells what prices are made out from', () => {
    expect(readCounts({ ...usage })).toMatchObject(counts);
  });
});

it.each([
  ['Anthropic', readAnthropic(compacted), compacted],
  ['Bedrock', readBedrock(bedrock, thinking), bedrock],
  ['Gemini', readGemini(gemini), gemini],
  ['Cohere', readCohere(cohere), cohere],
  ['Ollama', readOllama({ ...ollama, done: true }), ollama],
  ['xAI', readOpenAI(grok), grok],
])('%s keeps the counts as they came', (_, usage, raw) => {
  expect(usage?.provider_specific_fields?.['usage']).toEqual(raw);
});

describe.each(openai)('%s', (_, raw, [prompt, completion], counts) => {
  const usage = readOpenAI({ ...raw });

  it('adds up, and loses no field', () => {
    expect(usage).toMatchObject({
      prompt_tokens: prompt,
      completion_tokens: completion,
      total_tokens: prompt + completion,
    });
    expect(brokenRules(usage)).toEqual([]);
    expect(usage.provider_specific_fields?.['usage'] ?? usage).toMatchObject(raw);
  });

  it('tells what prices are made out from', () => {
    expect(readCounts({ ...usage })).toMatchObject(counts);
  });
});

describe('counts that are told beside their sum', () => {
  it.each([
    ['more cached tokens than there were', beyond, { prompt: 7, cached: 7, completion: 1 }],
    ['sound beside the text', sound, { prompt: 384, audio_in: 375, completion: 201 }],
    ['reasoning beside the answer', unsummed, { prompt: 61, completion: 106, reasoning: 96 }],
  ])('%s', (_, raw, counts) => {
    const usage = readOpenAI(raw);
    expect(readCounts({ ...usage })).toMatchObject(counts);
    expect(brokenCounts(usage)).toEqual([]);
  });
});
