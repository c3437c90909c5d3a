/**
 * The protocols of the history matrix: for each an answer as it comes over the wire, with all that the protocol can put
 * into one, how it must look when it goes back to the same provider, and the rules for requests. A protocol joins by
 * one entry of `protocols`.
 */
import type { JsonObject } from '../../src/index.js';
import { sign } from '../../src/testing/words.js';
import { checkAnthropic, checkCohere, checkConverse, checkGemini, checkOllama, checkOpenAI } from './history-rules.js';

/** What an answer holds beside text and calls decides what is lost of it elsewhere. */
export type Kind = 'plain' | 'reasoned' | 'routed' | 'proxied' | 'claude' | 'gemini' | 'older' | 'converse';

export interface Protocol {
  kind: Kind;
  /** What a call tells of losses and repairs, by the kind of the answer that it sends. */
  told: Readonly<Partial<Record<Kind, readonly string[]>>>;
  /** The same for an answer of its own, where it differs. */
  toldOfOwn?: readonly string[];
  model: string;
  /** Options beside the key. */
  options?: JsonObject;
  /** What the provider sends. */
  answer: JsonObject;
  /** The model's turn in a request. */
  turn: (body: JsonObject) => unknown;
  /** That turn when the answer comes back to its own provider. */
  own: unknown;
  /** State that means something to providers of the same `family` alone. */
  sealed: readonly string[];
  family: string;
  /** A gateway: what stands behind it is not known. */
  takesAll?: true;
  /** Answers of it are sent to others, not theirs to it. */
  sourceOnly?: true;
  /** Faults of a request body. */
  check: (body: JsonObject) => string[];
  /** The vendor of the test server that checks such requests too. */
  server?: string;
}

const thought = 'Two ports, so two lookups.';
const said = 'Sines has tides of 3.1 metres. I look both up.';
const image = 'iVBORw0KGgo=';
const list = (body: JsonObject, field: string): JsonObject[] => body[field] as JsonObject[];

// OpenAI's protocol

const toolCall = (id: string, port: string, more: JsonObject = {}): JsonObject => ({
  id,
  type: 'function',
  function: { name: 'get_tide', arguments: JSON.stringify({ port }) },
  ...more,
});
const chatAnswer = (message: JsonObject, model: string): JsonObject => ({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1760000000,
  model,
  choices: [{ index: 0, message: { role: 'assistant', ...message }, logprobs: null, finish_reason: 'tool_calls' }],
  usage: { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 },
});
const chatTurn = (body: JsonObject): unknown => list(body, 'messages').find(({ role }) => role === 'assistant');

const loss = 'drop messages[2]';
const ids = ['repair messages[2].tool_calls[0].id', 'repair messages[2].tool_calls[1].id'];
const firstId = ids.slice(0, 1);
const order = 'repair messages';

/** Where nothing of another provider is taken but text and calls. */
const bare: Protocol['told'] = {
  reasoned: [loss],
  routed: [loss],
  proxied: [loss],
  claude: [loss],
  gemini: [loss],
  older: [loss],
  converse: [loss],
};
/** Where reasoning is taken as text. */
const readsReasoning: Protocol['told'] = { ...bare, reasoned: [] };

/** A vendor of the compatible table. `message` is its answer, `back` that message when it comes back. */
const compatible = (
  name: string,
  model: string,
  kind: Kind,
  told: Protocol['told'],
  message: JsonObject,
  back: JsonObject,
  rules: Parameters<typeof checkOpenAI>[1] = {},
  sealed: string[] = [],
): Protocol => ({
  model: `${name}/${model}`,
  kind,
  told,
  answer: chatAnswer(message, model),
  turn: chatTurn,
  own: { role: 'assistant', ...back },
  sealed,
  family: name,
  check: (body) => checkOpenAI(body, rules),
});

const ofOpenai: Protocol['told'] = { ...bare, proxied: [...firstId, loss] };
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

const detail = { type: 'reasoning.text', text: thought, signature: 'cm91dGVyLXNlYWw=', format: 'some-v1', index: 0 };
/** As some models number their calls, in characters that others refuse. */
const kimiCalls = [toolCall('functions.get_tide:0', 'Sines'), toolCall('functions.get_tide:1', 'Faro')];
const mistralCalls = [toolCall('D681PevKs', 'Sines'), toolCall('a9Fk2LmQ7', 'Faro')];
const deepseekCalls = [toolCall('call_00_kq8', 'Sines'), toolCall('call_01_zz1', 'Faro')];
const groqCalls = [toolCall('call_d5wg', 'Sines'), toolCall('call_8x2p', 'Faro')];

/** Gemini's answer as a LiteLLM proxy hands it on: the signature in the id, thoughts as Anthropic's blocks. */
const proxySeal = 'cHJveHktc2VhbA=='.repeat(12);
const proxyCalls = [
  toolCall(`call_6b1__thought__${proxySeal}`, 'Sines', { provider_specific_fields: { thought_signature: proxySeal } }),
  toolCall('call_6b2', 'Faro'),
];
const proxyBlocks = [{ type: 'thinking', thinking: thought, signature: 'dGhvdWdodC1zZWFs' }];

// Anthropic's protocol

const page = {
  type: 'web_search_result_location',
  url: 'https://tides.example.com',
  title: 'Tides',
  cited_text: '3.1',
  encrypted_index: 'c2VhcmNoLXNlYWw=',
};
const toolUse = (id: string, port: string): JsonObject => ({ type: 'tool_use', id, name: 'get_tide', input: { port } });
const claudeBlocks: JsonObject[] = [
  { type: 'thinking', thinking: thought, signature: sign(thought) },
  { type: 'redacted_thinking', data: 'cmVkYWN0ZWQtc2VhbA==' },
  { type: 'text', text: 'Sines has tides of 3.1 metres.', citations: [page] },
  { type: 'text', text: ' I look both up.' },
  toolUse('toolu_01A9xQ', 'Sines'),
  toolUse('toolu_01B2yR', 'Faro'),
];
const claudeAnswer = (content: JsonObject[]): JsonObject => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-sonnet-4-5',
  content,
  stop_reason: 'tool_use',
  stop_sequence: null,
  usage: { input_tokens: 9, output_tokens: 4 },
});
const claudeTurn = (body: JsonObject): unknown =>
  list(body, 'messages').find(({ role }) => role === 'assistant')?.['content'];
const claudeSealed = [sign(thought), 'cmVkYWN0ZWQtc2VhbA==', 'c2VhcmNoLXNlYWw='];
/** What tools of the provider's left behind. */
const claudeSearch: JsonObject[] = [
  { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'tide' } },
  { type: 'web_search_tool_result', tool_use_id: 'srvtoolu_1', content: [{ ...page, type: 'web_search_result' }] },
];
const unsigned = 'drop messages[2].reasoning_content';
const images = 'drop messages[2].images';
const claude = (model: string, more: Partial<Protocol> = {}): Protocol => ({
  model,
  kind: 'claude',
  told: {
    reasoned: [unsigned],
    routed: [...ids, loss, unsigned],
    proxied: [...firstId, loss, 'drop messages[2].thinking_blocks'],
    gemini: [loss, unsigned, images],
    older: [unsigned, images],
  },
  answer: claudeAnswer(claudeBlocks),
  turn: claudeTurn,
  own: claudeBlocks,
  sealed: claudeSealed,
  family: 'claude',
  check: checkAnthropic,
  ...more,
});

// Gemini's protocol

const functionCall = (id: string | undefined, port: string): JsonObject => ({
  functionCall: { ...(id !== undefined && { id }), name: 'get_tide', args: { port } },
});
const geminiSeal = sign('get_tide');
const geminiParts: JsonObject[] = [
  { text: thought, thought: true },
  { text: said },
  { inlineData: { mimeType: 'image/png', data: image } },
  { ...functionCall('fc-7d01', 'Sines'), thoughtSignature: geminiSeal },
  functionCall('fc-7d02', 'Faro'),
];
const geminiAnswer = (parts: JsonObject[]): JsonObject => ({
  candidates: [
    {
      index: 0,
      content: { role: 'model', parts },
      finishReason: 'STOP',
      groundingMetadata: {
        groundingChunks: [{ web: { uri: 'https://tides.example.com', title: 'Tides' } }],
        groundingSupports: [{ segment: { startIndex: 0, endIndex: 30, text: 'Sines' }, groundingChunkIndices: [0] }],
      },
    },
  ],
  usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 4, totalTokenCount: 13 },
  modelVersion: 'gemini-3-flash-preview',
  responseId: 'r9Zq0aXv_x8-mLw2Kd5nTt1',
});
const geminiTurn = (body: JsonObject): unknown =>
  list(body, 'contents').find(({ role }) => role === 'model')?.['parts'];
const unsealed = 'drop messages[2].thinking_blocks';
const skipped = 'repair messages[2].tool_calls';
const gemini = (model: string, more: Partial<Protocol> = {}): Protocol => ({
  model,
  kind: 'gemini',
  told: {
    plain: [skipped],
    reasoned: [skipped],
    routed: [loss, skipped],
    claude: [unsealed, loss, skipped],
    older: [skipped],
    converse: [unsealed, skipped],
  },
  answer: geminiAnswer(geminiParts),
  turn: geminiTurn,
  own: geminiParts,
  sealed: [geminiSeal],
  family: 'gemini',
  check: checkGemini,
  ...more,
});
const olderParts = geminiParts.map((part) =>
  part['functionCall'] === undefined
    ? part
    : functionCall(undefined, String(((part['functionCall'] as JsonObject)['args'] as JsonObject)['port'])),
);

// Cohere's protocol

const cohereCalls = [toolCall('get_tide_8kq1', 'Sines'), toolCall('get_tide_2zz9', 'Faro')];
const cohereContent = [
  { type: 'thinking', thinking: thought },
  { type: 'text', text: said },
];

// Bedrock's Converse

const converseBlocks: JsonObject[] = [
  { reasoningContent: { reasoningText: { text: thought, signature: sign(thought) } } },
  { text: said },
  { toolUse: { toolUseId: 'tooluse_Ab1', name: 'get_tide', input: { port: 'Sines' } } },
  { toolUse: { toolUseId: 'tooluse_Cd2', name: 'get_tide', input: { port: 'Faro' } } },
];

// Ollama's protocol

const ollamaCalls = [
  { id: 'call_8fk2', function: { index: 0, name: 'get_tide', arguments: { port: 'Sines' } } },
  { id: 'call_1kq9', function: { index: 1, name: 'get_tide', arguments: { port: 'Faro' } } },
];
const ollamaMessage = { role: 'assistant', content: said, thinking: thought, tool_calls: ollamaCalls };

const vertex = { vertex_project: 'harbour', vertex_location: 'global', api_key: 'ya29.test' };

export const protocols: Readonly<Record<string, Protocol>> = {
  openai: {
    ...compatible(
      'openai',
      'gpt-4.1',
      'plain',
      ofOpenai,
      openaiMessage,
      { content: said, tool_calls: openaiCalls },
      { longest: 40 },
    ),
    server: 'openai/v1',
  },
  azure: {
    ...compatible(
      'azure',
      'gpt-4.1',
      'plain',
      ofOpenai,
      openaiMessage,
      { content: said, tool_calls: openaiCalls },
      { longest: 40 },
    ),
    options: { api_base: 'https://harbour.openai.azure.com' },
  },
  deepseek: compatible(
    'deepseek',
    'deepseek-reasoner',
    'reasoned',
    { ...readsReasoning, plain: ['repair messages[2].reasoning_content'] },
    { content: said, reasoning_content: thought, tool_calls: deepseekCalls },
    { content: said, reasoning_content: thought, tool_calls: deepseekCalls },
    { fields: ['reasoning_content'], needs: 'reasoning_content' },
  ),
  groq: compatible(
    'groq',
    'openai/gpt-oss-120b',
    'reasoned',
    bare,
    { content: said, reasoning: thought, tool_calls: groqCalls },
    { content: said, tool_calls: groqCalls },
  ),
  openrouter: compatible(
    'openrouter',
    'moonshotai/kimi-k2-thinking',
    'routed',
    { ...readsReasoning, routed: [] },
    { content: said, reasoning: thought, reasoning_details: [detail], tool_calls: kimiCalls },
    { content: said, reasoning_details: [detail], tool_calls: kimiCalls },
    { fields: ['reasoning', 'reasoning_details'] },
    ['cm91dGVyLXNlYWw='],
  ),
  mistral: {
    ...compatible(
      'mistral',
      'mistral-medium-latest',
      'reasoned',
      {
        plain: [...ids, order],
        reasoned: [...ids, order],
        routed: [...ids, loss, order],
        proxied: [...ids, loss, order],
        claude: [...ids, loss, order],
        gemini: [...ids, loss, order],
        older: [...ids, loss, order],
        converse: [...ids, loss, order],
      },
      {
        content: [
          { type: 'thinking', thinking: [{ type: 'text', text: thought }] },
          { type: 'text', text: said },
        ],
        tool_calls: mistralCalls,
      },
      {
        content: [
          { type: 'thinking', thinking: [{ type: 'text', text: thought }] },
          { type: 'text', text: said },
        ],
        tool_calls: mistralCalls,
      },
      { exactly: 9, parts: ['thinking'], noUserAfterTool: true },
    ),
    toldOfOwn: [order],
  },
  litellm_proxy: {
    ...compatible(
      'litellm_proxy',
      'gemini-3-flash',
      'proxied',
      { claude: [loss], gemini: [loss], older: [loss], routed: [loss] },
      {
        content: said,
        reasoning_content: thought,
        thinking_blocks: proxyBlocks,
        tool_calls: proxyCalls,
        provider_specific_fields: { thought_signatures: [proxySeal] },
      },
      {
        content: said,
        reasoning_content: thought,
        thinking_blocks: proxyBlocks,
        tool_calls: proxyCalls.map(({ id, type, function: called }) => ({ id, type, function: called })),
      },
      { fields: ['reasoning_content', 'thinking_blocks'] },
    ),
    options: { api_base: 'https://proxy.example.com/v1' },
    sealed: ['dGhvdWdodC1zZWFs'],
    family: 'gemini',
    takesAll: true,
    toldOfOwn: [loss],
  },
  anthropic: claude('anthropic/claude-sonnet-4-5', { server: 'anthropic' }),
  anthropic_search: claude('anthropic/claude-sonnet-4-5', {
    answer: claudeAnswer([...claudeSearch, ...claudeBlocks]),
    own: [...claudeSearch, ...claudeBlocks],
  }),
  vertex_claude: claude('vertex_ai/claude-sonnet-4-5', { options: vertex }),
  gemini: gemini('gemini/gemini-3-flash-preview', { server: 'gemini/v1beta' }),
  gemini_older: gemini('gemini/gemini-2.5-flash', {
    answer: geminiAnswer(olderParts),
    own: olderParts,
    sealed: [],
    kind: 'older',
    told: {
      plain: [order],
      reasoned: [order],
      routed: [loss, order],
      proxied: [order],
      claude: [unsealed, loss, order],
      gemini: [order],
      older: [order],
      converse: [unsealed, order],
    },
  }),
  vertex_gemini: gemini('vertex_ai/gemini-3-flash-preview', { options: vertex }),
  cohere: {
    kind: 'reasoned',
    told: {
      ...readsReasoning,
      proxied: [...firstId, loss, unsealed],
      claude: [loss, unsealed],
      gemini: [loss, images],
      older: [images],
      converse: [unsealed],
    },
    model: 'cohere/command-a-reasoning-08-2025',
    answer: {
      id: 'c1',
      finish_reason: 'TOOL_CALL',
      message: { role: 'assistant', content: cohereContent, tool_calls: cohereCalls },
      usage: { tokens: { input_tokens: 9, output_tokens: 4 } },
    },
    turn: chatTurn,
    own: { role: 'assistant', content: cohereContent, tool_calls: cohereCalls },
    sealed: [],
    family: 'cohere',
    check: checkCohere,
  },
  bedrock: {
    kind: 'converse',
    sourceOnly: true,
    told: {},
    model: 'bedrock/anthropic.claude-sonnet-4-5-20250929-v1:0',
    options: { aws_region_name: 'eu-west-1' },
    answer: {
      output: { message: { role: 'assistant', content: converseBlocks } },
      stopReason: 'tool_use',
      usage: { inputTokens: 9, outputTokens: 4, totalTokens: 13 },
    },
    turn: claudeTurn,
    own: converseBlocks,
    sealed: [sign(thought)],
    family: 'claude',
    check: checkConverse,
  },
  ollama: {
    kind: 'reasoned',
    told: {
      ...readsReasoning,
      proxied: [...firstId, loss, unsealed],
      claude: [loss, unsealed],
      gemini: [loss, images],
      older: [images],
      converse: [unsealed],
    },
    model: 'ollama/qwen3:8b',
    answer: {
      model: 'qwen3:8b',
      created_at: '2026-01-01T00:00:00Z',
      message: ollamaMessage,
      done: true,
      done_reason: 'stop',
    },
    turn: chatTurn,
    own: ollamaMessage,
    sealed: [],
    family: 'ollama',
    check: checkOllama,
  },
};
