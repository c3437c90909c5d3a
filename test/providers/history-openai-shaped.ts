/** Vendors of the history matrix that speak OpenAI's protocol, each with its own fields. */
import type { JsonObject } from '../../src/index.js';
import { sign } from '../../src/testing/words.js';
import {
  assistantMessage,
  halves,
  order,
  said,
  thinking,
  thinks,
  thought,
  toolCall,
  type Piece,
  type Protocol,
  type Wire,
} from './history-facts.js';
import { checkOpenAI } from './history-rules.js';

const usage = { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 };
const envelope = (object: string, model: string): JsonObject => ({
  id: 'chatcmpl-1',
  object,
  created: 1760000000,
  model,
});
const chatAnswer = (message: JsonObject, model: string): JsonObject => ({
  ...envelope('chat.completion', model),
  choices: [{ index: 0, message: { role: 'assistant', ...message }, logprobs: null, finish_reason: 'tool_calls' }],
  usage,
});

const text = (value: unknown): string => String(value);
const objects = (value: unknown): JsonObject[] => (Array.isArray(value) ? (value as JsonObject[]) : []);

/** The deltas of one field of a message. */
function deltasOf(field: string, value: unknown): JsonObject[] {
  if (value === null) return [];
  switch (field) {
    case 'content':
      if (typeof value === 'string') return halves(value).map((content) => ({ content }));
      return objects(value).flatMap(partDeltas);
    case 'reasoning':
    case 'reasoning_content':
      return halves(text(value)).map((piece) => ({ [field]: piece }));
    // The text in pieces, what seals it behind.
    case 'reasoning_details':
      return objects(value).flatMap(({ signature, ...detail }) => [
        ...halves(text(detail['text'])).map((piece) => ({ [field]: [{ ...detail, text: piece }] })),
        { [field]: [{ ...detail, text: undefined, signature }] },
      ]);
    case 'thinking_blocks':
      return objects(value).flatMap(({ signature, ...block }) => [
        ...halves(text(block['thinking'])).map((piece) => ({ [field]: [{ ...block, thinking: piece }] })),
        { [field]: [{ ...block, thinking: '', signature }] },
      ]);
    case 'tool_calls':
      return objects(value).flatMap(({ function: called, ...call }, index) => {
        const { name, arguments: args } = called as JsonObject;
        return [
          { tool_calls: [{ index, ...call, function: { name, arguments: '' } }] },
          ...halves(text(args)).map((piece) => ({ tool_calls: [{ index, function: { arguments: piece } }] })),
        ];
      });
    default:
      return [{ [field]: value }];
  }
}

/** Content parts as Mistral and Databricks stream them. */
function partDeltas(part: JsonObject): JsonObject[] {
  if (part['type'] === 'text') return halves(text(part['text'])).map((content) => ({ content }));
  if (part['type'] === 'thinking')
    return halves(thought).map((piece) => ({
      content: [{ type: 'thinking', thinking: [{ type: 'text', text: piece }] }],
    }));
  const [summary] = objects(part['summary']);
  const pieces = [...halves(thought).map((piece) => [piece, '']), ['', summary?.['signature']]];
  return pieces.map(([piece, signature]) => ({
    content: [{ type: 'reasoning', summary: [{ type: 'summary_text', text: piece, signature }] }],
  }));
}

function chatStream(message: JsonObject, model: string, event?: string): Wire {
  const chunk = (delta: JsonObject, finish_reason: string | null): JsonObject => ({
    ...envelope('chat.completion.chunk', model),
    choices: [{ index: 0, delta, finish_reason }],
  });
  // Gateways tell the reasoning twice, side by side.
  const { reasoning, ...rest } = message;
  const twice = reasoning !== undefined && 'reasoning_details' in message;
  const deltas = Object.entries(twice ? rest : message).flatMap(([field, value]) => {
    const pieces = deltasOf(field, value);
    if (!twice || field !== 'reasoning_details') return pieces;
    return pieces.map((piece, i) => ({ ...piece, reasoning: halves(text(reasoning))[i] ?? null }));
  });
  const chunks = [
    chunk({ role: 'assistant', content: '' }, null),
    ...deltas.map((delta) => chunk(delta, null)),
    chunk({}, 'tool_calls'),
    { ...envelope('chat.completion.chunk', model), choices: [], usage },
  ].map((each) => JSON.stringify(each));
  if (event !== undefined) return { events: chunks.map((data) => ({ event, data })) };
  return { events: [...chunks, '[DONE]'] };
}

interface More extends Partial<Protocol> {
  rules?: Parameters<typeof checkOpenAI>[1];
  /** The event that streams name. */
  event?: string;
  /** The fields that go back; the text and the calls when absent. */
  back?: JsonObject;
}

/** `name`: provider and model; `message`: the answer of the vendor. */
export function shaped(name: string, message: JsonObject, { rules = {}, event, back, ...more }: More = {}): Protocol {
  const model = name.slice(name.indexOf('/') + 1);
  const calls = objects(message['tool_calls']);
  const tells = 'reasoning' in message || 'reasoning_content' in message || Array.isArray(message['content']);
  return {
    model: name,
    answer: chatAnswer(message, model),
    stream: chatStream(message, model, event),
    turn: assistantMessage,
    own: { role: 'assistant', ...(back ?? { content: said, tool_calls: calls }) },
    ids: calls.map(({ id }) => String(id)),
    holds: tells ? [thinking] : [],
    sealed: [],
    family: name.slice(0, name.indexOf('/')),
    check: (body) => checkOpenAI(body, rules),
    ...more,
  };
}

/** Vendors that refuse turns with calls and without reasoning. */
const blank = (source: Protocol): string[] =>
  thinks(source) || source.ids.length === 0 ? [] : ['repair messages[2].reasoning_content'];
const between = ({ ids }: Protocol): string[] => (ids.length === 0 ? [] : [order]);

const openaiCalls = [toolCall('call_Q3m9vT0aYx5rB2nW8kLc7dEf', 'Sines'), toolCall('call_Zp6', 'Faro')];
const openaiMessage: JsonObject = {
  content: said,
  refusal: null,
  annotations: [
    {
      type: 'url_citation',
      url_citation: { start_index: 0, end_index: 30, title: 'Tides', url: 'https://tides.example.com' },
    },
  ],
  tool_calls: openaiCalls,
};
/** As some models number their calls, in characters that others refuse. */
const kimiCalls = [toolCall('functions.get_tide:0', 'Sines'), toolCall('functions.get_tide:1', 'Faro')];
const mistralCalls = [toolCall('D681PevKs', 'Sines'), toolCall('a9Fk2LmQ7', 'Faro')];
const deepseekCalls = [toolCall('call_00_kq8', 'Sines'), toolCall('call_01_zz1', 'Faro')];
export const groqCalls = [toolCall('call_d5wg', 'Sines'), toolCall('call_8x2p', 'Faro')];
/** As vLLM writes them, and who serves with it: longer than OpenAI's may be. */
const vllmCalls = ['3f0c5b1e9d7a4c2f8e6b0a1d2c3e4f50', '77aa0c5b1e9d4c2f8e6b0a1d2c3e4f51'].map((id, at) =>
  toolCall(`chatcmpl-tool-${id}`, at === 0 ? 'Sines' : 'Faro'),
);
const claudeCalls = [toolCall('toolu_bdrk_01A9xQ', 'Sines'), toolCall('toolu_bdrk_01B2yR', 'Faro')];

const reasons = { content: said, reasoning_content: thought };
const mistralContent = [
  { type: 'thinking', thinking: [{ type: 'text', text: thought }] },
  { type: 'text', text: said },
];
const mistralRules = { exactly: 9, noUserAfterTool: true, noEmptyTurns: true };

const routerSeal = 'cm91dGVyLXNlYWw=';
const detail = { type: 'reasoning.text', text: thought, signature: routerSeal, format: 'some-v1', index: 0 };
const cortexSeal = sign(thought);
const cortexDetail = { ...detail, signature: cortexSeal, format: 'anthropic-claude-v1' };
const ofDetails = (seal: string): Piece => ({ text: seal, told: /reasoning_details/ });

/** Gemini's answer as a LiteLLM proxy hands it on: the signature in the id, thoughts as Anthropic's blocks. */
const proxySeal = 'cHJveHktc2VhbA=='.repeat(12);
const proxyCalls = [
  toolCall(`call_6b1__thought__${proxySeal}`, 'Sines', { provider_specific_fields: { thought_signature: proxySeal } }),
  toolCall('call_6b2', 'Faro'),
];
/** Of the text, which a LiteLLM proxy does not take back. */
const textSeal = 'dGV4dC1zZWFs';
const proxyBlocks = [{ type: 'thinking', thinking: thought, signature: 'dGhvdWdodC1zZWFs' }];

const bricksContent = [
  { type: 'reasoning', summary: [{ type: 'summary_text', text: thought, signature: sign(thought) }] },
  { type: 'text', text: said },
];
const vertex = { vertex_project: 'harbour', vertex_location: 'europe-west4', api_key: 'ya29.test' };
const foundry = { api_base: 'https://harbour.services.ai.azure.com' };

export const openaiShaped: Readonly<Record<string, Protocol>> = {
  openai: shaped('openai/gpt-4.1', openaiMessage, { rules: { longest: 40, refusal: true }, server: 'openai/v1' }),
  azure: shaped('azure/gpt-4.1', openaiMessage, {
    rules: { longest: 40, refusal: true },
    options: { api_base: 'https://harbour.openai.azure.com' },
  }),
  azure_ai: shaped('azure_ai/DeepSeek-R1', { ...reasons, tool_calls: deepseekCalls }, { options: foundry }),
  azure_ai_mistral: shaped(
    'azure_ai/Mistral-Large-2411',
    { content: said, tool_calls: mistralCalls },
    { options: foundry, rules: mistralRules, repairs: between },
  ),
  deepseek: shaped(
    'deepseek/deepseek-reasoner',
    { ...reasons, tool_calls: deepseekCalls },
    {
      back: { ...reasons, tool_calls: deepseekCalls },
      rules: { fields: ['reasoning_content'], needs: 'reasoning_content' },
      repairs: blank,
    },
  ),
  moonshot: shaped(
    'moonshot/kimi-k2.5',
    { ...reasons, tool_calls: kimiCalls },
    {
      back: { ...reasons, tool_calls: kimiCalls },
      rules: { fields: ['reasoning_content'], needs: 'reasoning_content', noEmptyTurns: true },
      repairs: blank,
    },
  ),
  xai: shaped(
    'xai/grok-4',
    { ...reasons, tool_calls: groqCalls },
    {
      back: { ...reasons, tool_calls: groqCalls },
      rules: { fields: ['reasoning_content'], noEmptyTurns: true, content: true },
    },
  ),
  groq: shaped('groq/openai/gpt-oss-120b', { content: said, reasoning: thought, tool_calls: groqCalls }),
  huggingface: shaped('huggingface/moonshotai/Kimi-K2-Thinking', { ...reasons, tool_calls: kimiCalls }),
  watsonx: shaped(
    'watsonx/openai/gpt-oss-120b',
    { ...reasons, tool_calls: vllmCalls },
    {
      event: 'message',
      options: { project_id: 'p', token: 't', api_base: 'https://eu-de.ml.cloud.ibm.com' },
    },
  ),
  openrouter: shaped(
    'openrouter/moonshotai/kimi-k2-thinking',
    { content: said, reasoning: thought, reasoning_details: [detail], tool_calls: kimiCalls },
    {
      back: { content: said, reasoning_details: [detail], tool_calls: kimiCalls },
      rules: { fields: ['reasoning', 'reasoning_details'] },
      holds: [thinking, ofDetails(routerSeal)],
      sealed: [routerSeal],
      takesAll: true,
    },
  ),
  vercel_ai_gateway: shaped(
    'vercel_ai_gateway/anthropic/claude-sonnet-4.5',
    { content: said, reasoning: thought, reasoning_details: [cortexDetail], tool_calls: claudeCalls },
    {
      back: { content: said, reasoning_details: [cortexDetail], tool_calls: claudeCalls },
      rules: { fields: ['reasoning', 'reasoning_details'] },
      holds: [thinking, ofDetails(cortexSeal)],
      sealed: [cortexSeal],
      family: 'claude',
      takesAll: true,
    },
  ),
  snowflake: shaped(
    'snowflake/claude-sonnet-4-5',
    { content: said, reasoning_details: [cortexDetail], tool_calls: claudeCalls },
    {
      options: { account_id: 'harbour' },
      back: { content: said, reasoning_details: [cortexDetail], tool_calls: claudeCalls },
      rules: { fields: ['reasoning_details'] },
      holds: [thinking, ofDetails(cortexSeal)],
      sealed: [cortexSeal],
      family: 'claude',
    },
  ),
  databricks: shaped(
    'databricks/databricks-claude-sonnet-4-5',
    { content: bricksContent, tool_calls: claudeCalls },
    {
      options: { api_base: 'https://harbour.cloud.databricks.com/serving-endpoints' },
      back: { content: bricksContent, tool_calls: claudeCalls },
      rules: { parts: ['reasoning'] },
      holds: [thinking, { text: sign(thought), told: /thinking_blocks|signed/ }],
      sealed: [sign(thought)],
      family: 'claude',
    },
  ),
  databricks_open: shaped(
    'databricks/databricks-gpt-oss-120b',
    { content: said, tool_calls: groqCalls },
    { options: { api_base: 'https://harbour.cloud.databricks.com/serving-endpoints' } },
  ),
  mistral: shaped(
    'mistral/mistral-medium-latest',
    { content: mistralContent, tool_calls: mistralCalls },
    {
      back: { content: mistralContent, tool_calls: mistralCalls },
      rules: { ...mistralRules, parts: ['thinking'] },
      repairs: between,
    },
  ),
  vertex_mistral: shaped(
    'vertex_ai/mistral-medium-3',
    { content: said, tool_calls: mistralCalls },
    { options: vertex, rules: mistralRules, repairs: between },
  ),
  vertex_open: shaped(
    'vertex_ai/meta/llama-4-maverick-17b-128e-instruct-maas',
    { content: said, tool_calls: vllmCalls },
    { options: vertex },
  ),
  litellm_proxy: shaped(
    'litellm_proxy/gemini-3-flash',
    {
      ...reasons,
      thinking_blocks: proxyBlocks,
      tool_calls: proxyCalls,
      provider_specific_fields: { thought_signatures: [textSeal] },
    },
    {
      options: { api_base: 'https://proxy.example.com/v1' },
      back: {
        ...reasons,
        thinking_blocks: proxyBlocks,
        tool_calls: proxyCalls.map(({ id, type, function: called }) => ({ id, type, function: called })),
      },
      rules: { fields: ['reasoning_content', 'thinking_blocks'], refusal: true, toolMedia: true },
      holds: [thinking, { text: 'dGhvdWdodC1zZWFs', told: /thinking/ }, { text: textSeal, told: /thought_signatures/ }],
      // An id is an id: long ones go where the API takes them.
      sealed: ['dGhvdWdodC1zZWFs'],
      family: 'gemini',
      takesAll: true,
    },
  ),
};
