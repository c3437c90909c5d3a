import { parseObject, strings, text, type Json } from './json.js';
import { rank } from './similarity.js';
import { BAD_KEY, bearer, MISSING_MODEL, Refusal, type Received, type Vendor } from './vendor.js';
import { makeId } from './words.js';

/** Cohere's rerank: https://docs.cohere.com/reference/rerank */
export const cohere: Vendor = {
  reply(received) {
    if (`${received.method} ${received.path}` !== 'POST /v2/rerank') throw new Refusal(404, 'page not found');
    const key = bearer(received.headers);
    if (key === undefined) throw new Refusal(401, 'no api key supplied');
    if (key === BAD_KEY) throw new Refusal(401, 'invalid api token');
    return { status: 200, headers: {}, body: rerank(received) };
  },

  refuse: ({ status, message, headers }, received) => ({
    status,
    headers: { ...headers },
    body: { id: idOf(received), message },
  }),
};

/** The shape of a UUID, as Cohere's ids are. */
const idOf = (received: Received): string =>
  Buffer.from(makeId('', received.seed, 16))
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/u, '$1-$2-$3-$4-$5');

function rerank(received: Received): Json {
  const body = parseObject(received.body);
  if (!body) throw new Refusal(400, 'invalid request: the body is not a valid JSON object');
  const model = text(body['model']);
  if (model === '') throw new Refusal(400, 'invalid request: model is required');
  if (model === MISSING_MODEL)
    throw new Refusal(404, `model '${model}' not found, make sure the correct model ID was used`);
  const query = text(body['query']);
  if (query === '') throw new Refusal(400, 'invalid request: query must not be empty');
  const documents = strings(body['documents']);
  if (documents.length === 0 || documents.length !== (body['documents'] as unknown[]).length) {
    throw new Refusal(400, 'invalid request: documents must be a list of one or more strings');
  }
  const top = body['top_n'] ?? documents.length;
  if (typeof top !== 'number' || !Number.isInteger(top) || top < 1) {
    throw new Refusal(400, 'invalid request: top_n must be a positive integer');
  }
  return {
    id: idOf(received),
    results: rank(query, documents).slice(0, top),
    meta: { api_version: { version: '2' }, billed_units: { search_units: 1 } },
  };
}
