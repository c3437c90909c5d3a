import { answer, type Answer } from './answer.js';
import { countAnthropic, readMessages, type MessagesRequest } from './anthropic-request.js';
import { parseObject, text, type Json } from './json.js';
import { sseEvent, type Reply } from './reply.js';
import { BAD_KEY, MISSING_MODEL, Refusal, RETRY_AFTER, type Received, type Vendor } from './vendor.js';
import { makeId, pieces, sign, tokens } from './words.js';

/** Anthropic's Messages API and its token counter: https://platform.claude.com/docs/en/api/messages */
export const anthropic: Vendor = {
  reply(received) {
    const handler = HANDLERS.get(`${received.method} ${received.path}`);
    if (!handler) throw new Refusal(404, 'Not found');
    const key = received.headers['x-api-key'];
    if (!key) throw new Refusal(401, 'x-api-key header is required');
    if (key === BAD_KEY) throw new Refusal(401, 'invalid x-api-key');
    if (!received.headers['anthropic-version']) throw new Refusal(400, 'anthropic-version: header is required');
    const body = parseObject(received.body);
    if (!body) throw new Refusal(400, 'The request body is not valid JSON');
    const reply = handler(received, body);
    return { ...reply, headers: { ...ownHeaders(received), ...reply.headers } };
  },

  refuse: ({ status, message, headers }, received) => ({
    status,
    headers: { ...ownHeaders(received), ...headers },
    body: {
      type: 'error',
      error: { type: ERROR_TYPES[status] ?? 'api_error', message },
      request_id: requestId(received),
    },
  }),
};

const HANDLERS: ReadonlyMap<string, (received: Received, body: Json) => Reply> = new Map([
  ['POST /v1/messages', messages],
  ['POST /v1/messages/count_tokens', countTokens],
]);

const ERROR_TYPES: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  404: 'not_found_error',
  429: 'rate_limit_error',
};

const requestId = (received: Received): string => makeId('req_', received.seed);
const ownHeaders = (received: Received): Record<string, string> => ({ 'request-id': requestId(received) });

function checkModel(model: unknown): void {
  if (model === MISSING_MODEL) throw new Refusal(404, `model: ${MISSING_MODEL}`);
}

function countTokens(_received: Received, body: Json): Reply {
  checkModel(body['model']);
  return { status: 200, headers: {}, body: { input_tokens: countAnthropic(body) } };
}

function messages(received: Received, body: Json): Reply {
  checkModel(body['model']);
  const request = readMessages(body);
  const ask = request.conversation;
  if (ask.input_tokens > received.context_window) {
    throw new Refusal(400, `prompt is too long: ${ask.input_tokens} tokens > ${received.context_window} maximum`);
  }
  if (received.limited(ask.question)) {
    throw new Refusal(429, 'This request would exceed the rate limit of 1 request per second.', {}, RETRY_AFTER);
  }
  const one = answer(ask);
  const said = announce(one, request) || one.text;
  const spent = one.thinking_tokens + one.output_tokens + (said === one.text ? 0 : tokens(said));
  const message = {
    model: text(body['model']),
    id: makeId('msg_', received.seed),
    type: 'message',
    role: 'assistant',
    content: blocks(one, said, request, received.seed),
    ...stopFields(one),
    usage: usage(request, spent, one.thinking_tokens),
  };
  if (!request.stream) return { status: 200, headers: {}, body: message };
  return {
    status: 200,
    headers: { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' },
    chunks: stream(message, request),
  };
}

type Block =
  | { type: 'thinking'; thinking: string; signature: string }
  | { type: 'text'; text: string }
  | { type: 'tool_use'; id: string; name: string; input: Json };

/** What is said before calls that the model chose itself; nothing is before calls it was made to do. */
const announce = (one: Answer, request: MessagesRequest): string =>
  one.calls.length > 0 && request.conversation.choice.mode === 'auto'
    ? `I will use ${one.calls.map((call) => call.name).join(', ')}.`
    : '';

function blocks(one: Answer, said: string, request: MessagesRequest, seed: string): Block[] {
  const out: Block[] = [];
  if (one.thinking) {
    const thinking = request.hides_thoughts ? '' : one.thinking;
    out.push({ type: 'thinking', thinking, signature: sign(thinking) });
  }
  if (said) out.push({ type: 'text', text: said });
  one.calls.forEach((call, i) => {
    out.push({ type: 'tool_use', id: makeId('toolu_', `${seed} ${i}`), name: call.name, input: call.arguments });
  });
  return out;
}

const STOP_REASONS = { stop: 'end_turn', length: 'max_tokens', stop_sequence: 'stop_sequence', tool_calls: 'tool_use' };

const stopFields = (one: Answer) => ({ stop_reason: STOP_REASONS[one.finish], stop_sequence: one.stop });

const usage = (request: MessagesRequest, output_tokens: number, thinking_tokens: number) => ({
  input_tokens: request.conversation.input_tokens,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
  cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
  output_tokens,
  ...(thinking_tokens > 0 && { output_tokens_details: { thinking_tokens } }),
  service_tier: 'standard',
});

/** The events of a streamed message: https://platform.claude.com/docs/en/build-with-claude/streaming */
function* stream(message: StreamedMessage, request: MessagesRequest): Generator<string> {
  const event = (type: string, fields: Json): string => sseEvent({ type, ...fields }, type);
  const { content, stop_reason, stop_sequence, usage: total, ...head } = message;
  const start = { ...head, content: [], stop_reason: null, stop_sequence: null, usage: usage(request, 1, 0) };
  yield event('message_start', { message: start });
  for (const [index, block] of content.entries()) {
    yield event('content_block_start', { index, content_block: empty(block) });
    if (index === 0) yield event('ping', {});
    for (const delta of deltas(block)) yield event('content_block_delta', { index, delta });
    yield event('content_block_stop', { index });
  }
  const { cache_creation: _split, service_tier: _tier, ...counts } = total;
  yield event('message_delta', { delta: { stop_reason, stop_sequence }, usage: counts });
  yield event('message_stop', {});
}

interface StreamedMessage {
  content: Block[];
  stop_reason: string;
  stop_sequence: string | null;
  usage: ReturnType<typeof usage>;
}

function empty(block: Block): Block {
  if (block.type === 'thinking') return { ...block, thinking: '', signature: '' };
  return block.type === 'text' ? { ...block, text: '' } : { ...block, input: {} };
}

function deltas(block: Block): Json[] {
  if (block.type === 'text') return pieces(block.text).map((part) => ({ type: 'text_delta', text: part }));
  if (block.type === 'thinking') {
    const parts = pieces(block.thinking).map((part) => ({ type: 'thinking_delta', thinking: part }));
    return [...parts, { type: 'signature_delta', signature: block.signature }];
  }
  // The first part is empty, as on the real wire.
  const parts = ['', ...pieces(JSON.stringify(block.input), 6)];
  return parts.map((partial_json) => ({ type: 'input_json_delta', partial_json }));
}
