import { describe, expect, test } from 'vitest';
import { anthropic } from '../../../providers/anthropic/index.js';
import type { JsonObject, Transformer } from '../../../src/core/spec.js';
import { ChatAssembler } from '../../../src/endpoints/chat-stream.js';
import type { ChatCompletion, ChatCompletionChunk } from '../../../src/types/chat.js';
import { makeCall } from './call.js';

const transformer = anthropic.endpoints.chat as Transformer<'chat'>;
const meta = { status: 200, headers: {} };

const text = (value: string, more: JsonObject = {}): JsonObject => ({ type: 'text', text: value, ...more });
const thinking = (value: string): JsonObject => ({ type: 'thinking', thinking: value, signature: `s-${value.length}` });
const use = (id: string, input: JsonObject): JsonObject => ({ type: 'tool_use', id, name: 'tide', input });
const search = { type: 'server_tool_use', id: 'srv_1', name: 'web_search', input: { query: 'tide' } };
const found = { type: 'web_search_tool_result', tool_use_id: 'srv_1', content: [{ url: 'https://t.example.com' }] };
const page = { type: 'web_search_result_location', url: 'https://t.example.com', title: 'T', cited_text: '3.1' };
const passage = { type: 'char_location', cited_text: '3.1', document_index: 0, start_char_index: 0, end_char_index: 3 };

const answers: Record<string, JsonObject[]> = {
  text: [text('High water.')],
  'thinking, text, calls': [thinking('Moon.'), text('Looking.'), use('t1', { port: 'Sines' }), use('t2', {})],
  'redacted thinking': [{ type: 'redacted_thinking', data: 'cmVk' }, thinking('Sun.'), use('t1', {})],
  'thinking between calls': [use('t1', { port: 'Faro' }), thinking('Then.'), use('t2', { port: 'Sines' })],
  'text after a call': [use('t1', { port: 'Faro' }), text('Wait for it.')],
  'two texts': [text('High '), text('water.')],
  'a blank text': [thinking('Hm.'), text(''), use('t1', {})],
  'provider tools': [text('I look. '), search, found, text('It is '), text('3.1', { citations: [page] }), text('.')],
  'citations of a document': [text('It says 3.1.', { citations: [passage, passage] })],
  'a tool called by code': [{ ...use('t1', {}), caller: { type: 'code_execution_20260120', tool_id: 'srv_1' } }],
  'a tool of a toolset': [{ ...use('t1', { x: 1 }), name: 'left_click', toolset_name: 'computer' }],
  'an MCP tool': [
    { type: 'mcp_tool_use', id: 'm1', name: 'ask', server_name: 'wiki', input: { q: 'tide' } },
    { type: 'mcp_tool_result', tool_use_id: 'm1', is_error: false, content: [text('3.1')] },
    text('3.1 metres.'),
  ],
  nothing: [],
};

function messageOf(content: JsonObject[]): JsonObject {
  const called = content.some(({ type }) => type === 'tool_use');
  return {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude-sonnet-5',
    content,
    stop_reason: called ? 'tool_use' : 'end_turn',
    stop_sequence: null,
    usage: { input_tokens: 5, output_tokens: 9, cache_read_input_tokens: 4, cache_creation_input_tokens: 0 },
  };
}

/** The same message as the events of a stream, texts and inputs in small pieces. */
function eventsOf(message: JsonObject): JsonObject[] {
  const events: JsonObject[] = [{ type: 'message_start', message: { ...message, content: [], stop_reason: null } }];
  const pieces = (value: string): string[] => value.match(/[^]{1,3}/g) ?? [];
  (message['content'] as JsonObject[]).forEach((block, index) => {
    const send = (delta: JsonObject): number => events.push({ type: 'content_block_delta', index, delta });
    const start = (content_block: JsonObject): number =>
      events.push({ type: 'content_block_start', index, content_block });
    if (block['type'] === 'text') {
      start({ type: 'text', text: '' });
      for (const citation of (block['citations'] ?? []) as JsonObject[]) send({ type: 'citations_delta', citation });
      for (const piece of pieces(block['text'] as string)) send({ type: 'text_delta', text: piece });
    } else if (block['type'] === 'thinking') {
      start({ type: 'thinking', thinking: '', signature: '' });
      for (const piece of pieces(block['thinking'] as string)) send({ type: 'thinking_delta', thinking: piece });
      for (const piece of pieces(block['signature'] as string)) send({ type: 'signature_delta', signature: piece });
    } else if (block['input'] !== undefined) {
      start({ ...block, input: {} });
      const json = JSON.stringify(block['input']);
      if (json !== '{}') for (const piece of pieces(json)) send({ type: 'input_json_delta', partial_json: piece });
    } else start(block);
    events.push({ type: 'content_block_stop', index });
  });
  const { stop_reason, stop_sequence, usage } = message;
  events.push({ type: 'message_delta', delta: { stop_reason, stop_sequence }, usage });
  events.push({ type: 'message_stop' });
  return events;
}

function whole(content: JsonObject[]): ChatCompletion {
  const result = transformer.response(structuredClone(messageOf(content)), makeCall({}), meta);
  return { ...(result as ChatCompletion), created: 0 };
}

function streamed(content: JsonObject[]): ChatCompletion {
  const decoder = (transformer.stream as NonNullable<typeof transformer.stream>).decoder(makeCall({}), meta);
  const chunks: ChatCompletionChunk[] = [];
  for (const event of eventsOf(messageOf(content))) decoder.push({ data: JSON.stringify(event) }, chunks);
  expect(decoder.done).toBe(true);
  const assembler = new ChatAssembler('claude-sonnet-5', 0);
  for (const chunk of chunks) assembler.add(chunk);
  return assembler.result();
}

const sendable = (content: JsonObject[]): JsonObject[] => content.filter((block) => block['text'] !== '');

describe.each(Object.entries(answers))('an answer of %s', (_, content) => {
  test('is the same streamed and whole', () => {
    expect(streamed(content)).toEqual(whole(content));
  });

  test.each([
    ['whole', whole],
    ['streamed', streamed],
  ])('goes back block by block after a JSON round trip (%s)', (_how, read) => {
    const message = JSON.parse(JSON.stringify(read(content).choices[0]?.message)) as never;
    const messages = [{ role: 'user', content: 'Tide?' }, message, { role: 'user', content: 'Go on.' }];
    const call = makeCall({ messages });
    const { messages: sent } = transformer.request(call, {}).body as {
      messages: { role: string; content: JsonObject[] }[];
    };
    expect(sent.find(({ role }) => role === 'assistant')?.content ?? []).toEqual(sendable(content));
  });
});
