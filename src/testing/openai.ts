import { answer, type Answer } from './answer.js';
import type { Conversation } from './conversation.js';
import { openaiData } from './openai-data.js';
import { readChat, type ChatRequest } from './openai-request.js';
import { isObject, type Json } from './json.js';
import { sseEvent, type Reply } from './reply.js';
import { BAD_KEY, bearer, MISSING_MODEL, Refusal, RETRY_AFTER, type Received, type Vendor } from './vendor.js';
import { makeId, pieces } from './words.js';

/**
 * OpenAI's API: chat completions, embeddings and models; rerank in the shape that Cohere and Jina share.
 * Shapes: https://platform.openai.com/docs/api-reference
 */
export const openai: Vendor = {
  reply(received) {
    const route = `${received.method} ${received.path.replace(/^\/v1(?=\/)/u, '')}`;
    const handler = route === 'POST /chat/completions' ? chat : openaiData[route];
    if (!handler) throw new Refusal(404, `Invalid URL (${received.method} ${received.path})`);
    authorise(received);
    const body = received.method === 'GET' ? {} : readJson(received);
    const reply = handler(received, body);
    return { ...reply, headers: { ...ownHeaders(received), ...reply.headers } };
  },

  refuse: ({ status, message, facts, headers }, received) => ({
    status,
    headers: { ...ownHeaders(received), ...headers },
    body: { error: { message, type: 'invalid_request_error', param: null, code: null, ...facts } },
  }),
};

const ownHeaders = (received: Received): Record<string, string> => ({
  'x-request-id': makeId('req_', received.seed),
  'openai-version': '2020-10-01',
  'openai-processing-ms': '1',
});

function authorise(received: Received): void {
  const key = bearer(received.headers);
  if (key === undefined) {
    throw new Refusal(401, "You didn't provide an API key. Send it in an Authorization header, as a Bearer token.");
  }
  if (key !== BAD_KEY) return;
  throw new Refusal(401, `Incorrect API key provided: ${BAD_KEY}.`, { code: 'invalid_api_key' });
}

function readJson(received: Received): Json {
  const type = received.headers['content-type'] ?? '';
  if (!/^application\/json\b/iu.test(type)) {
    throw new Refusal(
      400,
      `Unsupported content type: '${type}'. This API method only accepts 'application/json' requests.`,
    );
  }
  let body: unknown;
  try {
    body = JSON.parse(received.body);
  } catch {
    body = undefined;
  }
  if (!isObject(body)) throw new Refusal(400, 'We could not parse the JSON body of your request.');
  if (typeof body['model'] !== 'string' || body['model'] === '') {
    throw new Refusal(400, 'you must provide a model parameter');
  }
  if (body['model'] === MISSING_MODEL) {
    throw new Refusal(404, `The model \`${MISSING_MODEL}\` does not exist or you do not have access to it.`, {
      code: 'model_not_found',
    });
  }
  return body;
}

function chat(received: Received, body: Json): Reply {
  const request = readChat(body);
  const ask = request.conversation;
  if (ask.input_tokens > received.context_window) {
    const limit = `This model's maximum context length is ${received.context_window} tokens.`;
    const message = `${limit} However, your messages resulted in ${ask.input_tokens} tokens.`;
    throw new Refusal(400, message, { param: 'messages', code: 'context_length_exceeded' });
  }
  if (received.limited(ask.question)) {
    const message = `Rate limit reached for ${request.model} on requests per min (RPM): Limit 1, Used 1, Requested 1. Please try again in 1s.`;
    throw new Refusal(429, message, { type: 'requests', code: 'rate_limit_exceeded' }, RETRY_AFTER);
  }
  const head = {
    id: makeId('chatcmpl-', received.seed, 29),
    created: 1_750_000_000 + received.number,
    model: request.model,
    service_tier: 'default',
    system_fingerprint: 'fp_callmtest',
  };
  const answers = Array.from({ length: request.n }, (_, variant) => answer(ask, variant));
  if (!request.stream) return { status: 200, headers: {}, body: completion(head, ask, answers, received.seed) };
  return {
    status: 200,
    headers: { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' },
    chunks: stream(head, request, answers, received.seed),
  };
}

function completion(head: Json, ask: Conversation, answers: readonly Answer[], seed: string): Json {
  return {
    ...head,
    object: 'chat.completion',
    choices: answers.map((one, index) => ({
      index,
      message: {
        role: 'assistant',
        content: one.calls.length > 0 ? null : one.text,
        ...(one.calls.length > 0 && { tool_calls: toolCalls(one, seed, index) }),
        refusal: null,
        annotations: [],
      },
      logprobs: null,
      finish_reason: finishReason(one),
    })),
    usage: usage(ask, answers),
  };
}

const toolCalls = (one: Answer, seed: string, choice: number) =>
  one.calls.map((call, i) => ({
    id: makeId('call_', `${seed} ${choice} ${i}`),
    type: 'function',
    function: { name: call.name, arguments: JSON.stringify(call.arguments) },
  }));

const finishReason = (one: Answer): string => (one.finish === 'stop_sequence' ? 'stop' : one.finish);

function usage(ask: Conversation, answers: readonly Answer[]): Json {
  const sum = (read: (one: Answer) => number): number => answers.reduce((total, one) => total + read(one), 0);
  const reasoning_tokens = sum((one) => one.thinking_tokens);
  const completion_tokens = reasoning_tokens + sum((one) => one.output_tokens);
  return {
    prompt_tokens: ask.input_tokens,
    completion_tokens,
    total_tokens: ask.input_tokens + completion_tokens,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

/** Server-sent events; several choices take turns, as they do when they are really sampled side by side. */
function* stream(head: Json, request: ChatRequest, answers: readonly Answer[], seed: string): Generator<string> {
  const chunk = (choices: Json[], counted: Json | null): string =>
    sseEvent({
      ...head,
      object: 'chat.completion.chunk',
      choices,
      ...(request.include_usage && { usage: counted }),
    });
  const queues = answers.map((one, index) => deltas(one, seed, index));
  for (let round = 0; queues.some((queue) => round < queue.length); round += 1) {
    for (const [index, queue] of queues.entries()) {
      const delta = queue[round];
      const one = answers[index];
      if (!delta || !one) continue;
      const finish_reason = round === queue.length - 1 ? finishReason(one) : null;
      yield chunk([{ index, delta, logprobs: null, finish_reason }], null);
    }
  }
  if (request.include_usage) yield chunk([], usage(request.conversation, answers));
  yield sseEvent('[DONE]');
}

/** The deltas of one choice: its role, its pieces, and an empty one that carries the finish reason. */
function deltas(one: Answer, seed: string, choice: number): Json[] {
  if (one.calls.length === 0) {
    const parts = pieces(one.text).map((content) => ({ content }));
    return [{ role: 'assistant', content: '', refusal: null }, ...parts, {}];
  }
  const parts = toolCalls(one, seed, choice).flatMap(({ id, type, function: { name, arguments: args } }, index) => [
    { tool_calls: [{ index, id, type, function: { name, arguments: '' } }] },
    ...pieces(args, 6).map((part) => ({ tool_calls: [{ index, function: { arguments: part } }] })),
  ]);
  return [{ role: 'assistant', content: null, refusal: null }, ...parts, {}];
}
