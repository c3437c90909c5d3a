/** Costs on the facts of calls: whole, streamed, failed, told by the provider; models that end. */
import { expect, test } from 'vitest';
import { completionCost, createCallm, explainCost, type Callm, type CallmError } from '../../src/index.js';
import { Prices } from '../../src/prices/prices.js';
import { priceList } from './rows.js';

const messages = [{ role: 'user' as const, content: 'Which tide now?' }];
const usage = { prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100 };
const answer = (more: object = {}): object => ({
  id: 'x',
  created: 1,
  model: 'gpt-9',
  choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Low.' } }],
  usage,
  ...more,
});

function answering(body: unknown, options: { status?: number; prices?: Prices; type?: string } = {}): Callm {
  const { status = 200, prices = priceList(), type = 'application/json' } = options;
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return createCallm({
    api_key: 'k',
    prices,
    num_retries: 0,
    transport: () => Promise.resolve(new Response(text, { status, headers: { 'content-type': type } })),
  });
}

const call = { model: 'openai/gpt-9', messages };
const event = (data: unknown): string => `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;
const stream = (...more: unknown[]): string =>
  [
    { id: 'x', choices: [{ index: 0, delta: { role: 'assistant', content: 'Low.' }, finish_reason: null }] },
    { id: 'x', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
    ...more,
  ]
    .map(event)
    .join('');

test('a whole answer', async () => {
  const { _hidden_params: hidden } = await answering(answer()).completion(call);
  expect(hidden.response_cost).toBeCloseTo(1.1e-3, 12);
  expect(hidden.computed_cost).toBe(hidden.response_cost);
  expect(hidden.attempts).toMatchObject([{ cost: hidden.response_cost, billing: 'billed', usage }]);
});

test('a stream, at its end', async () => {
  const client = answering(stream({ id: 'x', choices: [], usage }, '[DONE]'), { type: 'text/event-stream' });
  const chunks = await client.completion({ ...call, stream: true });
  for await (const _ of chunks);
  expect(chunks._hidden_params.response_cost).toBeCloseTo(1.1e-3, 12);
  expect((await chunks.final())._hidden_params.response_cost).toBeCloseTo(1.1e-3, 12);
  expect(chunks._hidden_params.attempts).toMatchObject([{ billing: 'billed' }]);
});

test('the first stream of a client has its cost, too, though prices are not loaded before', async () => {
  const text = stream({ id: 'x', choices: [], usage }, '[DONE]');
  const client = createCallm({
    api_key: 'k',
    transport: () => Promise.resolve(new Response(text, { headers: { 'content-type': 'text/event-stream' } })),
  });
  const chunks = await client.completion({ ...call, model: 'openai/gpt-4o', stream: true });
  for await (const _ of chunks);
  expect(chunks._hidden_params.response_cost).toBeGreaterThan(0);
});

test('a stream that breaks off has an estimate, marked so', async () => {
  const client = answering(event({ id: 'x', choices: [{ index: 0, delta: { content: 'Low, but ' } }] }), {
    type: 'text/event-stream',
  });
  const chunks = await client.completion({ ...call, stream: true });
  const error = (await (async () => {
    for await (const _ of chunks);
  })().catch((reason: unknown) => reason)) as CallmError & { partial: { usage: object } };
  expect(error.name).toBe('StreamIncompleteError');
  expect(error.partial.usage).toMatchObject({ estimated: true });
  const [row] = error.attempts;
  expect(row).toMatchObject({ billing: 'estimated', usage: { estimated: true } });
  expect(row?.cost).toBeGreaterThan(0);
  expect(row?.cost).toBeLessThan(1e-4);
});

test('what the provider says wins', async () => {
  const { _hidden_params: hidden } = await answering(answer({ usage: { ...usage, cost: 0.5 } })).completion(call);
  expect(hidden).toMatchObject({ response_cost: 0.5 });
  expect(hidden.computed_cost).toBeCloseTo(1.1e-3, 12);
});

test('prices of the call’s own, discount and margin; none of them is sent', async () => {
  let sent: unknown;
  const client = createCallm({
    api_key: 'k',
    prices: priceList(),
    transport: (wire) => {
      sent = JSON.parse(wire.body as string);
      return Promise.resolve(Response.json(answer()));
    },
  });
  const own = { input_cost_per_token: 2e-6, output_cost_per_token: 10e-6, cost_discount: 0.5, cost_margin: 1 };
  const result = await client.completion({ ...call, ...own });
  expect(result._hidden_params.response_cost).toBeCloseTo((1000 * 2e-6 + 100 * 10e-6) * 0.5 * 2, 12);
  expect(Object.keys(sent as object).sort()).toEqual(['messages', 'model']);
});

test('the tier that was asked for counts, and the model that is behind', async () => {
  const prices = priceList();
  prices.registerModel({ 'gpt-9': { input_cost_per_token_priority: 3e-6, output_cost_per_token_priority: 3e-6 } });
  const fast = await answering(answer(), { prices }).completion({ ...call, service_tier: 'priority' });
  expect(fast._hidden_params.response_cost).toBeCloseTo(3.3e-3, 12);
  const behind = await answering(answer(), { prices }).completion({
    model: 'openai/mine',
    messages,
    base_model: 'gpt-9',
  });
  expect(behind._hidden_params.response_cost).toBeCloseTo(1.1e-3, 12);
});

test('an unknown price is null; a model that the answer names is known', async () => {
  const { _hidden_params: hidden } = await answering(answer({ model: 'nobody-knows' })).completion({
    ...call,
    model: 'openai/nobody-knows',
  });
  expect([hidden.response_cost, hidden.computed_cost]).toEqual([null, null]);
  const deployed = await answering(answer()).completion({ ...call, model: 'openai/my-deployment' });
  expect(deployed._hidden_params.response_cost).toBeCloseTo(1.1e-3, 12);
});

test('a refused request costs nothing, one that was given up an estimate of its input', async () => {
  const refused = answering({ error: { message: 'no' } }, { status: 400 });
  const error = (await refused.completion(call).catch((reason: unknown) => reason)) as CallmError;
  expect(error.attempts).toMatchObject([{ status: 400, billing: 'unbilled', cost: 0 }]);

  const silent = createCallm({
    api_key: 'k',
    prices: priceList(),
    num_retries: 0,
    transport: () => new Promise<Response>(() => {}),
  });
  const late = (await silent.completion({ ...call, timeout: 0.01 }).catch((reason: unknown) => reason)) as CallmError;
  expect(late.name).toBe('Timeout');
  await expect.poll(() => late.attempts[0]?.cost).toBeGreaterThan(0);
  expect(late.attempts).toMatchObject([{ billing: 'estimated', usage: { estimated: true, completion_tokens: 0 } }]);
});

test('embeddings and reranking', async () => {
  const prices = priceList();
  prices.registerModel({
    'embed-9': { litellm_provider: 'openai', mode: 'embedding', input_cost_per_token: 1e-7 },
    'rerank-9': { litellm_provider: 'cohere', mode: 'rerank', input_cost_per_query: 0.002 },
  });
  const vectors = {
    object: 'list',
    model: 'embed-9',
    data: [{ index: 0, embedding: [1] }],
    usage: { prompt_tokens: 50, total_tokens: 50 },
  };
  const embedded = await answering(vectors, { prices }).embedding({ model: 'openai/embed-9', input: 'x' });
  expect(embedded._hidden_params.response_cost).toBeCloseTo(5e-6, 12);
  const ranked = { id: 'r', results: [{ index: 0, relevance_score: 1 }], meta: { billed_units: { search_units: 3 } } };
  const reranked = await answering(ranked, { prices }).rerank({
    model: 'cohere/rerank-9',
    query: 'x',
    documents: ['x'],
  });
  expect(reranked._hidden_params.response_cost).toBeCloseTo(0.006, 12);
});

test('a model that ends warns once, and with strict_lifecycle is refused when its day is over', async () => {
  const day = (offset: number): string => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);
  const prices = new Prices(undefined);
  const row = { litellm_provider: 'openai', input_cost_per_token: 1e-6, output_cost_per_token: 1e-6 };
  prices.registerModel({
    'gpt-old': { ...row, deprecation_date: day(-1) },
    'gpt-ending': { ...row, deprecation_date: day(20) },
    'gpt-young': { ...row, deprecation_date: day(200) },
  });
  const client = answering(answer(), { prices });
  const warnings = async (model: string): Promise<unknown[]> =>
    (await client.completion({ ...call, model }))._hidden_params.warnings;
  expect(await warnings('openai/gpt-old')).toMatchObject([{ type: 'lifecycle', param: 'model' }]);
  expect(await warnings('openai/gpt-old')).toEqual([]);
  expect(await warnings('openai/gpt-ending')).toMatchObject([
    { message: expect.stringContaining('will be retired on') },
  ]);
  expect(await warnings('openai/gpt-young')).toEqual([]);
  const strict = { ...call, strict_lifecycle: true };
  await expect(client.completion({ ...strict, model: 'openai/gpt-old' })).rejects.toMatchObject({
    name: 'NotFoundError',
    code: 'model_retired',
    attempts: [],
  });
  await expect(client.completion({ ...strict, model: 'openai/gpt-ending' })).resolves.toBeDefined();
});

test('texts are counted where no usage is known', async () => {
  const own = { input_cost_per_token: 1e-6, output_cost_per_token: 1e-6 };
  const text = { model: 'gpt-4', prompt: 'Write a haiku about tokens.', completion: 'Soft rain' };
  const explained = await explainCost({ ...text, ...own });
  expect(explained.lines.map(({ kind, quantity }) => [kind, quantity])).toEqual([
    ['input', 7],
    ['output', 2],
  ]);
  expect(await completionCost({ model: 'gpt-4', messages, completion: 'Low.', ...own })).toBeCloseTo(13e-6, 12);
});
