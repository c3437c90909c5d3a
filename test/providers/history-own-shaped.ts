/** Providers of the history matrix with protocols of their own: Claude, Gemini, Cohere, Ollama, Replicate. */
import type { JsonObject } from '../../src/index.js';
import { sign } from '../../src/testing/words.js';
import {
  assistantContent,
  assistantMessage,
  halves,
  image,
  list,
  order,
  picture,
  said,
  thinking,
  thought,
  toolCall,
  type Piece,
  type Protocol,
  type Wire,
} from './history-facts.js';
import { checkAnthropic, checkCohere, checkGemini, checkOllama, checkReplicate } from './history-rules.js';

const named = (events: JsonObject[]): Wire => ({
  events: events.map((each) => ({ event: String(each['type']), data: JSON.stringify(each) })),
});

// Anthropic's protocol: https://platform.claude.com/docs/en/api/messages, …/build-with-claude/streaming

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
const claudeHead = (content: JsonObject[]): JsonObject => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-sonnet-4-5',
  content,
  stop_reason: null,
  stop_sequence: null,
  usage: { input_tokens: 9, output_tokens: 1 },
});
const claudeEnd = { stop_reason: 'tool_use', stop_sequence: null };
const claudeAnswer = (content: JsonObject[]): JsonObject => ({
  ...claudeHead(content),
  ...claudeEnd,
  usage: { input_tokens: 9, output_tokens: 4 },
});

/** The start of a block, and the deltas that fill it. */
function blockParts(block: JsonObject): [start: JsonObject, deltas: JsonObject[]] {
  const { text, thinking: thoughts, signature, citations, input } = block;
  if (typeof text === 'string') {
    const cited = (Array.isArray(citations) ? citations : []).map((citation: unknown) => ({
      type: 'citations_delta',
      citation,
    }));
    const start = citations === undefined ? { ...block, text: '' } : { ...block, text: '', citations: [] };
    return [start, [...cited, ...halves(text).map((piece) => ({ type: 'text_delta', text: piece }))]];
  }
  if (typeof thoughts === 'string') {
    const pieces = halves(thoughts).map((piece) => ({ type: 'thinking_delta', thinking: piece }));
    return [{ ...block, thinking: '', signature: '' }, [...pieces, { type: 'signature_delta', signature }]];
  }
  if (input === undefined) return [block, []];
  const pieces = halves(JSON.stringify(input)).map((piece) => ({ type: 'input_json_delta', partial_json: piece }));
  return [{ ...block, input: {} }, pieces];
}

export const claudeEvents = (content: JsonObject[]): JsonObject[] => [
  { type: 'message_start', message: claudeHead([]) },
  ...content.flatMap((block, index) => {
    const [content_block, deltas] = blockParts(block);
    return [
      { type: 'content_block_start', index, content_block },
      ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
      { type: 'content_block_stop', index },
    ];
  }),
  { type: 'message_delta', delta: claudeEnd, usage: { output_tokens: 4 } },
  { type: 'message_stop' },
];

/** What tools of the provider's left behind. */
const claudeSearch: JsonObject[] = [
  { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'tide' } },
  { type: 'web_search_tool_result', tool_use_id: 'srvtoolu_1', content: [{ ...page, type: 'web_search_result' }] },
];
export const signed: Piece = { text: sign(thought), told: /thinking/ };

export const claude = (model: string, more: Partial<Protocol> = {}, blocks = claudeBlocks): Protocol => ({
  model,
  answer: claudeAnswer(blocks),
  stream: named(claudeEvents(blocks)),
  turn: assistantContent,
  own: blocks,
  ids: ['toolu_01A9xQ', 'toolu_01B2yR'],
  holds: [
    thinking,
    signed,
    { text: 'cmVkYWN0ZWQtc2VhbA==', told: /thinking/ },
    { text: 'c2VhcmNoLXNlYWw=', told: /anthropic_blocks/ },
  ],
  sealed: [sign(thought), 'cmVkYWN0ZWQtc2VhbA==', 'c2VhcmNoLXNlYWw='],
  family: 'claude',
  check: checkAnthropic,
  ...more,
});

// Gemini's protocol: https://ai.google.dev/api/generate-content

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
const olderParts = geminiParts.map((part) =>
  part['functionCall'] === undefined
    ? part
    : functionCall(undefined, String(((part['functionCall'] as JsonObject)['args'] as JsonObject)['port'])),
);
const geminiHead = { modelVersion: 'gemini-3-flash-preview', responseId: 'r9Zq0aXv_x8-mLw2Kd5nTt1' };
const geminiPiece = (parts: JsonObject[], more: JsonObject = {}): JsonObject => ({
  candidates: [{ index: 0, content: { role: 'model', parts }, ...more }],
  ...geminiHead,
});
const geminiUsage = { usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 4, totalTokenCount: 13 } };
const geminiEnd = {
  finishReason: 'STOP',
  groundingMetadata: {
    groundingChunks: [{ web: { uri: 'https://tides.example.com', title: 'Tides' } }],
    groundingSupports: [{ segment: { startIndex: 0, endIndex: 30, text: 'Sines' }, groundingChunkIndices: [0] }],
  },
};
const geminiStream = (parts: JsonObject[]): Wire => ({
  events: [
    ...parts.flatMap((part) => {
      const { text } = part;
      const pieces = typeof text === 'string' ? halves(text).map((piece) => ({ ...part, text: piece })) : [part];
      return pieces.map((piece) => geminiPiece([piece]));
    }),
    { ...geminiPiece([{ text: '' }], geminiEnd), ...geminiUsage },
  ].map((each) => JSON.stringify(each)),
});

const skipped = 'repair messages[2].tool_calls';
const gemini = (model: string, more: Partial<Protocol> = {}, parts = geminiParts): Protocol => ({
  model,
  answer: { ...geminiPiece(parts, geminiEnd), ...geminiUsage },
  stream: geminiStream(parts),
  turn: (body) => list(body, 'contents').find(({ role }) => role === 'model')?.['parts'],
  own: parts,
  ids: ['fc-7d01', 'fc-7d02'],
  holds: [thinking, picture, { text: geminiSeal, told: /thought_signature/ }],
  sealed: [geminiSeal],
  family: 'gemini',
  check: checkGemini,
  readsIds: true,
  // The place of a signature must not be empty.
  repairs: ({ sealed, family, ids }) =>
    ids.length === 0 || (family === 'gemini' && sealed.length > 0) ? [] : [skipped],
  ...more,
});
const ids = (scope: string): string[] => [`call_${scope}_0`, `call_${scope}_1`];

// Cohere's protocol: https://docs.cohere.com/reference/chat, …/docs/streaming

const cohereCalls = [toolCall('get_tide_8kq1', 'Sines'), toolCall('get_tide_2zz9', 'Faro')];
const cohereContent: JsonObject[] = [
  { type: 'thinking', thinking: thought },
  { type: 'text', text: said },
];
const cohereEvent = (type: string, message: JsonObject | undefined, index?: number): JsonObject => ({
  type,
  ...(index !== undefined && { index }),
  ...(message && { delta: { message } }),
});
const cohereEvents: JsonObject[] = [
  {
    type: 'message-start',
    id: 'c1',
    delta: { message: { role: 'assistant', content: [], tool_plan: '', tool_calls: [], citations: [] } },
  },
  ...cohereContent.flatMap((block, index) => {
    const field = block['type'] as 'thinking' | 'text';
    return [
      cohereEvent('content-start', { content: { type: field, [field]: '' } }, index),
      ...halves(String(block[field])).map((piece) =>
        cohereEvent('content-delta', { content: { [field]: piece } }, index),
      ),
      cohereEvent('content-end', undefined, index),
    ];
  }),
  ...cohereCalls.flatMap(({ function: called, ...call }, index) => {
    const { name, arguments: written } = called as JsonObject;
    const piece = (part: string): JsonObject => ({ tool_calls: { function: { arguments: part } } });
    return [
      cohereEvent('tool-call-start', { tool_calls: { ...call, function: { name, arguments: '' } } }, index),
      ...halves(String(written)).map((part) => cohereEvent('tool-call-delta', piece(part), index)),
      cohereEvent('tool-call-end', undefined, index),
    ];
  }),
  {
    type: 'message-end',
    delta: { finish_reason: 'TOOL_CALL', usage: { tokens: { input_tokens: 9, output_tokens: 4 } } },
  },
];

// Ollama's protocol: https://docs.ollama.com/api/chat, …/api/streaming

const ollamaCalls = [
  { id: 'call_8fk2', function: { index: 0, name: 'get_tide', arguments: { port: 'Sines' } } },
  { id: 'call_1kq9', function: { index: 1, name: 'get_tide', arguments: { port: 'Faro' } } },
];
const ollamaMessage = { role: 'assistant', content: said, thinking: thought, tool_calls: ollamaCalls };
const ollamaLine = (message: JsonObject, more: JsonObject = { done: false }): JsonObject => ({
  model: 'qwen3:8b',
  created_at: '2026-01-01T00:00:00Z',
  message: { role: 'assistant', content: '', ...message },
  ...more,
});

// Replicate's: https://replicate.com/docs/reference/http#predictions.create, …/docs/topics/predictions/streaming

const replicate = (model: string, turn: Protocol['turn'], own: unknown): Protocol => ({
  model,
  answer: { id: 'p1', status: 'succeeded', model, output: halves(said), created_at: '2026-01-01T00:00:00Z' },
  stream: { events: [...halves(said).map((data) => ({ event: 'output', data })), { event: 'done', data: '{}' }] },
  turn,
  own,
  ids: [],
  holds: [],
  sealed: [],
  family: 'replicate',
  idless: true,
  check: checkReplicate,
  repairs: (source) =>
    source.ids.length === 0 ? [] : ['rewrite messages[2].tool_calls', 'rewrite messages[3]', 'rewrite messages[4]'],
});
const input = (body: JsonObject): JsonObject => body['input'] as JsonObject;

const vertex = { vertex_project: 'harbour', vertex_location: 'global', api_key: 'ya29.test' };

export const ownShaped: Readonly<Record<string, Protocol>> = {
  anthropic: claude('anthropic/claude-sonnet-4-5', { server: 'anthropic' }),
  anthropic_search: claude('anthropic/claude-sonnet-4-5', {}, [...claudeSearch, ...claudeBlocks]),
  vertex_claude: claude('vertex_ai/claude-sonnet-4-5', { options: vertex }),
  azure_ai_claude: claude('azure_ai/claude-sonnet-4-5', {
    options: { api_base: 'https://harbour.services.ai.azure.com' },
  }),
  gemini: gemini('gemini/gemini-3-flash-preview', { server: 'gemini/v1beta' }),
  gemini_older: gemini(
    'gemini/gemini-2.5-flash',
    {
      ids: ids(geminiHead.responseId),
      holds: [thinking, picture],
      sealed: [],
      idless: true,
      repairs: (source) => (source.ids.length === 0 ? [] : [order]),
    },
    olderParts,
  ),
  vertex_gemini: gemini('vertex_ai/gemini-3-flash-preview', { options: vertex }),
  cohere: {
    model: 'cohere/command-a-reasoning-08-2025',
    answer: {
      id: 'c1',
      finish_reason: 'TOOL_CALL',
      message: { role: 'assistant', content: cohereContent, tool_calls: cohereCalls },
      usage: { tokens: { input_tokens: 9, output_tokens: 4 } },
    },
    stream: named(cohereEvents),
    turn: assistantMessage,
    own: { role: 'assistant', content: cohereContent, tool_calls: cohereCalls },
    ids: cohereCalls.map(({ id }) => String(id)),
    holds: [thinking],
    sealed: [],
    family: 'cohere',
    check: checkCohere,
  },
  ollama: {
    model: 'ollama/qwen3:8b',
    answer: ollamaLine(ollamaMessage, { done: true, done_reason: 'stop' }),
    stream: {
      lines: [
        ...halves(thought).map((piece) => ollamaLine({ thinking: piece })),
        ...halves(said).map((content) => ollamaLine({ content })),
        ...ollamaCalls.map((call) => ollamaLine({ tool_calls: [call] })),
        ollamaLine({}, { done: true, done_reason: 'stop' }),
      ],
    },
    turn: assistantMessage,
    own: ollamaMessage,
    ids: ollamaCalls.map(({ id }) => id),
    holds: [thinking],
    sealed: [],
    family: 'ollama',
    check: checkOllama,
  },
  replicate: replicate(
    'replicate/openai/gpt-4.1',
    (body) => list(input(body), 'messages').find(({ role }) => role === 'assistant'),
    { role: 'assistant', content: said },
  ),
  replicate_prompt: replicate(
    'replicate/meta/meta-llama-3-70b-instruct',
    (body) => String(input(body)['prompt']).match(/assistant<\|end_header_id\|>\n\n(.+?)<\|eot_id\|>/)?.[1],
    said,
  ),
};
