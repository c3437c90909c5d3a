import { answer, type Answer } from './answer.js';
import { readGenerate, type GenerateRequest } from './gemini-request.js';
import { contentText } from './gemini-contents.js';
import { field, invalidArgument } from './gemini-fields.js';
import { isObject, objects, parseObject, type Json } from './json.js';
import type { Reply } from './reply.js';
import { embed } from './similarity.js';
import { BAD_KEY, DIMENSIONS, MISSING_MODEL, Refusal, RETRY_AFTER, type Received, type Vendor } from './vendor.js';
import { makeId, pieces, sign, tokens } from './words.js';

/**
 * The Gemini API: https://ai.google.dev/api/generate-content, …/embeddings, …/tokens. The key counts only in the header
 * `x-goog-api-key`. Google answers a bad key with 400 and a missing one with 403; here both are 401 in Google's shape, so
 * that one rule holds for all vendors.
 */
export const gemini: Vendor = {
  reply(received) {
    const [, model = '', method = ''] = PATH.exec(received.path) ?? [];
    const handler = METHODS.get(method);
    if (received.method !== 'POST' || !handler) throw new Refusal(404, `Not found: ${received.path}`);
    const key = received.headers['x-goog-api-key'];
    if (!key) throw new Refusal(401, 'Method requires an API key in the x-goog-api-key header.');
    if (key === BAD_KEY)
      throw new Refusal(401, 'API key not valid. Please pass a valid API key.', { details: [BAD_KEY_INFO] });
    const name = decodeURIComponent(model);
    if (name === MISSING_MODEL) {
      throw new Refusal(404, `models/${name} is not found for API version v1beta, or is not supported for ${method}.`);
    }
    const body = parseObject(received.body);
    if (!body) throw invalidArgument('Invalid JSON payload received. Expected an object.');
    return handler(name, body, received);
  },

  refuse({ status, message, facts, headers }, received) {
    const body = { error: { code: status, message, status: STATUS[status] ?? 'UNKNOWN', ...facts } };
    const listed = received.path.endsWith(':streamGenerateContent') && received.query.get('alt') !== 'sse';
    return { status, headers: { ...headers }, body: listed ? [body] : body };
  },
};

const PATH = /^\/v1(?:alpha|beta)?\/models\/([^/:]+):(\w+)$/u;

const METHODS: ReadonlyMap<string, (model: string, body: Json, received: Received) => Reply> = new Map([
  ['generateContent', generate],
  ['streamGenerateContent', streamGenerate],
  ['countTokens', countTokens],
  ['embedContent', (model, body) => ok({ embedding: embedding(body), ...embeddingUsage(model, [body]) })],
  ['batchEmbedContents', batchEmbed],
]);

const STATUS: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
};

const BAD_KEY_INFO = {
  '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
  reason: 'API_KEY_INVALID',
  domain: 'googleapis.com',
};

const ok = (body: Json): Reply => ({ status: 200, headers: {}, body });

function generate(model: string, body: Json, received: Received): Reply {
  const { request, answers, head } = begin(model, body, received);
  const candidates = answers.map((one, index) => ({
    content: { parts: wholeParts(one, request, received.seed), role: 'model' },
    finishReason: finishReason(one),
    index,
  }));
  return ok({ candidates, usageMetadata: usage(request, answers), ...head });
}

/** Server-sent events with `alt=sse`, else one JSON array whose entries come one by one. */
function streamGenerate(model: string, body: Json, received: Received): Reply {
  const { request, answers, head } = begin(model, body, received);
  const replies = streamed(request, answers, head, received.seed);
  if (received.query.get('alt') === 'sse') {
    return { status: 200, headers: { 'content-type': 'text/event-stream' }, chunks: asEvents(replies) };
  }
  return { status: 200, headers: { 'content-type': 'application/json; charset=UTF-8' }, chunks: asArray(replies) };
}

function* asEvents(replies: Iterable<Json>): Generator<string> {
  for (const reply of replies) yield `data: ${JSON.stringify(reply)}\r\n\r\n`;
}

function* asArray(replies: Iterable<Json>): Generator<string> {
  let separator = '[';
  for (const reply of replies) {
    yield separator + JSON.stringify(reply);
    separator = ',\r\n';
  }
  yield ']';
}

interface Begun {
  request: GenerateRequest;
  answers: Answer[];
  /** Fields of every reply. */
  head: { modelVersion: string; responseId: string };
}

function begin(model: string, body: Json, received: Received): Begun {
  const request = readGenerate(model, body);
  const ask = request.conversation;
  if (ask.input_tokens > received.context_window) {
    const limit = `exceeds the maximum number of tokens allowed (${received.context_window}).`;
    throw invalidArgument(`The input token count (${ask.input_tokens}) ${limit}`);
  }
  if (received.limited(ask.question)) {
    const details = [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '1s' }];
    throw new Refusal(429, 'You exceeded your current quota. Please retry in 1s.', { details }, RETRY_AFTER);
  }
  return {
    request,
    answers: Array.from({ length: request.candidates }, (_, variant) => answer(ask, variant)),
    head: { modelVersion: model, responseId: makeId('', received.seed, 22) },
  };
}

const finishReason = (one: Answer): string => (one.finish === 'length' ? 'MAX_TOKENS' : 'STOP');

/** The parts of a whole answer: the thought when it was asked for, then text or calls. */
function wholeParts(one: Answer, request: GenerateRequest, seed: string): Json[] {
  const thought = one.thinking && request.shows_thoughts ? [{ text: one.thinking, thought: true }] : [];
  if (one.calls.length > 0) return [...thought, ...callParts(one, request, seed)];
  return [...thought, { text: one.text, ...(request.signs_text && { thoughtSignature: sign('text') }) }];
}

/** Calls; the first carries the signature of the thought that led to them. */
const callParts = (one: Answer, request: GenerateRequest, seed: string): Json[] =>
  one.calls.map((call, i) => ({
    functionCall: {
      ...(request.numbers_calls && { id: makeId('', `${seed} ${i}`, 8) }),
      name: call.name,
      args: call.arguments,
    },
    ...(i === 0 && request.signs_calls && { thoughtSignature: sign(call.name) }),
  }));

function usage(request: GenerateRequest, answers: readonly Answer[], sent?: number): Json {
  const prompt = request.conversation.input_tokens;
  const candidates = sent ?? answers.reduce((sum, one) => sum + one.output_tokens, 0);
  const thoughts = answers.reduce((sum, one) => sum + one.thinking_tokens, 0);
  return {
    promptTokenCount: prompt,
    ...(candidates > 0 && { candidatesTokenCount: candidates }),
    totalTokenCount: prompt + candidates + thoughts,
    promptTokensDetails: [{ modality: 'TEXT', tokenCount: prompt }],
    ...(thoughts > 0 && { thoughtsTokenCount: thoughts }),
  };
}

/** Replies of a stream: words one by one, each call whole, counts that grow; the last has the finish reason. */
function* streamed(
  request: GenerateRequest,
  answers: readonly Answer[],
  head: Begun['head'],
  seed: string,
): Generator<Json> {
  let sent = 0;
  for (const [index, one] of answers.entries()) {
    const parts = streamParts(one, request, seed);
    for (const [i, part] of parts.entries()) {
      const last = i === parts.length - 1;
      if (last && one.calls.length > 0) sent += one.output_tokens;
      else if (!part['thought'] && typeof part['text'] === 'string') sent += tokens(part['text']);
      yield {
        candidates: [
          { content: { parts: [part], role: 'model' }, ...(last && { finishReason: finishReason(one) }), index },
        ],
        usageMetadata: usage(request, answers, sent),
        ...head,
      };
    }
  }
}

function streamParts(one: Answer, request: GenerateRequest, seed: string): Json[] {
  const thoughts = request.shows_thoughts ? pieces(one.thinking).map((part) => ({ text: part, thought: true })) : [];
  if (one.calls.length > 0) return [...thoughts, ...callParts(one, request, seed)];
  const parts: Json[] = pieces(one.text).map((part) => ({ text: part }));
  if (request.signs_text || parts.length === 0) {
    parts.push({ text: '', ...(request.signs_text && { thoughtSignature: sign('text') }) });
  }
  return [...thoughts, ...parts];
}

function countTokens(model: string, body: Json): Reply {
  const inner = field(body, 'generateContentRequest');
  const { conversation } = readGenerate(model, isObject(inner) ? inner : body);
  const totalTokens = conversation.input_tokens;
  return ok({ totalTokens, promptTokensDetails: [{ modality: 'TEXT', tokenCount: totalTokens }] });
}

function embedding(request: Json): { values: number[] } {
  const content = request['content'];
  const said = isObject(content) ? contentText(content) : '';
  if (said === '') throw invalidArgument('* EmbedContentRequest.content: contents is not specified\n');
  const dimensions = field(request, 'outputDimensionality') ?? DIMENSIONS.default;
  if (
    typeof dimensions !== 'number' ||
    !Number.isInteger(dimensions) ||
    dimensions < 1 ||
    dimensions > DIMENSIONS.most
  ) {
    throw invalidArgument(`* EmbedContentRequest.output_dimensionality: must be from 1 to ${DIMENSIONS.most}\n`);
  }
  return { values: [...embed(said, dimensions)] };
}

function batchEmbed(model: string, body: Json): Reply {
  const requests = objects(body['requests']);
  if (requests.length === 0) throw invalidArgument('* BatchEmbedContentsRequest.requests: requests is not specified\n');
  if (requests.length > 100) {
    throw invalidArgument('* BatchEmbedContentsRequest.requests: at most 100 requests can be in one batch\n');
  }
  const other = requests.findIndex((request) => request['model'] !== `models/${model}`);
  if (other >= 0)
    throw invalidArgument(`* BatchEmbedContentsRequest.requests[${other}].model: must be models/${model}\n`);
  return ok({ embeddings: requests.map(embedding), ...embeddingUsage(model, requests) });
}

/** Only the second generation of embedding models counts tokens. */
function embeddingUsage(model: string, requests: readonly Json[]): Json {
  if (!model.startsWith('gemini-embedding-2')) return {};
  const count = requests.reduce((sum, { content }) => sum + (isObject(content) ? tokens(contentText(content)) : 0), 0);
  return { usageMetadata: { promptTokenCount: count, promptTokenDetails: [{ modality: 'TEXT', tokenCount: count }] } };
}
