/** The types of calls: overloads by `stream`, `parsed` by schema, history and results to and from the `openai` package. */
import { type } from 'arktype';
import type OpenAI from 'openai';
import * as v from 'valibot';
import { expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import {
  type Answered,
  type ChatCompletion,
  type ChatCompletionChunk,
  type ChatStream,
  completion,
  createCallm,
  embedding,
  type EmbeddingResponse,
  rerank,
  type RerankResponse,
  Router,
  type RouterOptions,
  type Strategy,
} from '../../src/index.js';

const model = 'openai/gpt-4o';
const messages = [{ role: 'user' as const, content: 'hi' }];

test('stream decides the result', () => {
  expectTypeOf(completion({ model, messages })).toEqualTypeOf<Promise<Answered<ChatCompletion>>>();
  expectTypeOf(completion({ model, messages, stream: false })).toEqualTypeOf<Promise<Answered<ChatCompletion>>>();
  expectTypeOf(completion({ model, messages, stream: null })).toEqualTypeOf<Promise<Answered<ChatCompletion>>>();
  expectTypeOf(completion({ model, messages, stream: true })).toEqualTypeOf<Promise<ChatStream>>();
  const either = true as boolean;
  expectTypeOf(completion({ model, messages, stream: either })).toEqualTypeOf<
    Promise<Answered<ChatCompletion> | ChatStream>
  >();
});

test('a stream yields chunks and ends in a completion', async () => {
  const stream = await completion({ model, messages, stream: true });
  for await (const chunk of stream) expectTypeOf(chunk).toEqualTypeOf<ChatCompletionChunk>();
  expectTypeOf(await stream.final()).toEqualTypeOf<Answered<ChatCompletion>>();
  expectTypeOf(stream.tee()[0]).toEqualTypeOf<ChatStream>();
  expectTypeOf(stream.controller).toEqualTypeOf<AbortController>();
});

test('a schema types what is parsed', async () => {
  const zod = await completion({
    model,
    messages,
    response_format: z.object({ city: z.string(), age: z.number().optional() }),
  });
  expectTypeOf(zod.choices[0]!.message.parsed).toEqualTypeOf<{ city: string; age?: number | undefined } | null>();
  const ark = await completion({ model, messages, response_format: type({ city: 'string' }) });
  expectTypeOf(ark.choices[0]!.message.parsed).toEqualTypeOf<{ city: string } | null>();
  const valibot = await completion({
    model,
    messages,
    response_format: v.object({ n: v.pipe(v.string(), v.transform(Number)) }),
  });
  expectTypeOf(valibot.choices[0]!.message.parsed).toEqualTypeOf<{ n: number } | null>();
  const plain = await completion({ model, messages, response_format: { type: 'json_object' } });
  expectTypeOf(plain).toEqualTypeOf<Answered<ChatCompletion>>();
});

test('embeddings are numbers unless base64 is asked for', () => {
  expectTypeOf(embedding({ model, input: 'a' })).toEqualTypeOf<Promise<Answered<EmbeddingResponse<number[]>>>>();
  expectTypeOf(embedding({ model, input: ['a'], encoding_format: 'base64' })).toEqualTypeOf<
    Promise<Answered<EmbeddingResponse<string>>>
  >();
  expectTypeOf(rerank({ model, query: 'q', documents: ['d'] })).toEqualTypeOf<Promise<Answered<RerankResponse>>>();
});

test('an instance has the functions of the root', () => {
  const client = createCallm({ api_key: 'k' });
  expectTypeOf(client.completion).toEqualTypeOf(completion);
  expectTypeOf(client.close()).toEqualTypeOf<Promise<void>>();
});

test('results and history fit the openai package', async () => {
  const answer = await completion({ model, messages });
  expectTypeOf(answer).toExtend<OpenAI.ChatCompletion>();
  expectTypeOf(answer.choices[0]!.message).toExtend<OpenAI.ChatCompletionMessageParam>();
  const vectors = await embedding({ model, input: 'a' });
  expectTypeOf(vectors).toExtend<OpenAI.CreateEmbeddingResponse>();
  const history: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'hi' }];
  void completion({ model, messages: history });
  const request: OpenAI.ChatCompletionCreateParamsNonStreaming = { model, messages: history };
  expectTypeOf(completion(request)).toEqualTypeOf<Promise<Answered<ChatCompletion>>>();
});

test('wrong calls do not compile', () => {
  // @ts-expect-error messages are missing
  void completion({ model });
  // @ts-expect-error not a role
  void completion({ model, messages: [{ role: 'usr', content: '' }] });
  // @ts-expect-error a number in quotes
  void completion({ model, messages, temperature: '1' });
  // @ts-expect-error timeouts are numbers of seconds
  void completion({ model, messages, timeout: '10s' });
  // @ts-expect-error an unknown timeout
  void completion({ model, messages, timeout: { firstToken: 1 } });
});

test('what a Router reads of a call is typed', () => {
  const router = new Router();
  void router.completion({ model: 'g', messages, fallbacks: ['h', { model: 'i', temperature: 0 }], priority: 1 });
  void router.completion({ model: 'g', messages, retry_policy: { RateLimitErrorRetries: 3 }, tags: ['paid'] });
  void router.plan('chat', { model: 'g', messages, tags: ['paid'] });
  void router.on('cooldown', (event) => expectTypeOf(event.seconds).toEqualTypeOf<number>());
  void router.updateSettings({ fallbacks: null });
  // @ts-expect-error no way of going on
  void router.completion({ model: 'g', messages, mid_stream: 'resum' });
  // @ts-expect-error hedging needs a delay
  void router.completion({ model: 'g', messages, hedge: true });
  // @ts-expect-error fallbacks are a list
  void router.completion({ model: 'g', messages, fallbacks: 'h' });
  // @ts-expect-error no class of errors
  void router.completion({ model: 'g', messages, retry_policy: { RateLimitRetries: 1 } });
});

test('a Router’s calls are typed like a client’s', async () => {
  const router = new Router();
  expectTypeOf(router.completion({ model: 'g', messages })).toEqualTypeOf<Promise<Answered<ChatCompletion>>>();
  expectTypeOf(router.completion({ model: 'g', messages, stream: true })).toEqualTypeOf<Promise<ChatStream>>();
  const either = true as boolean;
  expectTypeOf(router.completion({ model: 'g', messages, stream: either })).toEqualTypeOf<
    Promise<Answered<ChatCompletion> | ChatStream>
  >();
  const parsed = await router.completion({ model: 'g', messages, response_format: z.object({ city: z.string() }) });
  expectTypeOf(parsed.choices[0]!.message.parsed).toEqualTypeOf<{ city: string } | null>();
  expectTypeOf(router.embedding({ model: 'g', input: 'a' })).toEqualTypeOf<
    Promise<Answered<EmbeddingResponse<number[]>>>
  >();
  expectTypeOf(router.embedding({ model: 'g', input: 'a', encoding_format: 'base64' })).toEqualTypeOf<
    Promise<Answered<EmbeddingResponse<string>>>
  >();
  expectTypeOf(router.rerank({ model: 'g', query: 'q', documents: ['d'] })).toEqualTypeOf<
    Promise<Answered<RerankResponse>>
  >();
  expectTypeOf(router.batchCompletion({ models: ['g'], messages })).toEqualTypeOf<
    Promise<(Answered<ChatCompletion> | ChatStream | Error)[]>
  >();
});

test('a Router’s lists may be written apart from it', () => {
  const fallbacks = [{ g: ['h'] }, { h: [{ model: 'i', temperature: 0 }] }];
  const model_list = [{ model_name: 'g', litellm_params: { model: 'openai/gpt-4o', rpm: 5, anything: 1 } }];
  expectTypeOf({ fallbacks, model_list }).toExtend<RouterOptions>();
  expectTypeOf<Strategy>().returns.toExtend<{ id: string } | undefined>();
  // @ts-expect-error a strategy is one of the names, or a function
  new Router({ routing_strategy: 'fastest' });
});
