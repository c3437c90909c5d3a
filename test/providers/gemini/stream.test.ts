import { describe, expect, test } from 'vitest';
import { chat } from '../../../providers/gemini/chat.js';
import { gemini } from '../../../providers/gemini/index.js';
import { GeminiDecoder } from '../../../providers/gemini/stream.js';
import { createCallm, ProviderFault } from '../../../src/core/index.js';
import type { Call } from '../../../src/core/spec.js';
import type { ChatCompletion, ChatCompletionChunk } from '../../../src/types/chat.js';

const call = (params: object = {}): Call<'chat'> =>
  ({ model: 'gemini-2.5-flash', options: {}, params: { messages: [], ...params } }) as unknown as Call<'chat'>;
const piece = (text: string, candidate: object = {}, rest: object = {}): object => ({
  candidates: [{ content: { parts: [{ text }] }, index: 0, ...candidate }],
  responseId: 'r1',
  ...rest,
});
const usage = { usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 1, totalTokenCount: 2 } };
const stop = { finishReason: 'STOP' };

function feed(decoder: GeminiDecoder, ...events: object[]): ChatCompletionChunk[] {
  const out: ChatCompletionChunk[] = [];
  for (const event of events) decoder.push({ data: JSON.stringify(event) }, out);
  return out;
}

describe('the end of a stream', () => {
  test('is the finish reason with usage', () => {
    const decoder = new GeminiDecoder(call());
    feed(decoder, piece('a', {}, usage));
    expect(decoder.done).toBe(false);
    feed(decoder, piece('b', stop, usage));
    expect(decoder.done).toBe(true);
  });

  test('is the usage after a finish reason without', () => {
    const decoder = new GeminiDecoder(call());
    feed(decoder, piece('a'), piece('b', stop));
    expect(decoder.done).toBe(false);
    const [chunk] = feed(decoder, usage);
    expect(decoder.done).toBe(true);
    expect(chunk).toMatchObject({ choices: [], usage: { total_tokens: 2 } });
  });

  test('is the end of the body after a finish reason, and never without one', () => {
    const whole = new GeminiDecoder(call());
    feed(whole, piece('a', stop));
    whole.end([]);
    expect(whole.done).toBe(true);

    const cut = new GeminiDecoder(call());
    feed(cut, piece('a', {}, usage));
    const out: ChatCompletionChunk[] = [];
    cut.end(out);
    expect(cut.done).toBe(false);
    expect(out).toMatchObject([{ choices: [], usage: { prompt_tokens: 1 } }]);
  });

  test('waits for every candidate that was asked for', () => {
    for (const asked of [{ n: 2 }, { candidateCount: 2 }, { generation_config: { candidate_count: 2 } }]) {
      const decoder = new GeminiDecoder(call(asked));
      feed(decoder, { candidates: [0, 1].map((index) => ({ index, content: { parts: [{ text: '-' }] } })) });
      feed(decoder, piece('a', stop, usage));
      expect(decoder.done).toBe(false);
      feed(decoder, piece('b', { ...stop, index: 1 }, usage));
      expect(decoder.done).toBe(true);
    }
  });

  test('is not every STOP: of some models each piece has one, and some gateways begin with it', () => {
    for (const events of [
      [piece('a', stop, usage), piece('b', stop, usage), piece('c', stop, usage)],
      [piece('a', stop, usage), piece('b', stop, usage), piece('c')].concat(piece('', stop, usage)),
      [{ candidates: [{ content: { parts: [] }, ...stop }], ...usage }, piece('ab'), piece('c', stop, usage)],
    ]) {
      const decoder = new GeminiDecoder(call());
      const chunks: ChatCompletionChunk[] = [];
      for (const event of events) {
        expect(decoder.done).toBe(false);
        chunks.push(...feed(decoder, event));
      }
      if (!decoder.done) decoder.end(chunks);
      expect(decoder.done).toBe(true);
      const choices = chunks.flatMap((chunk) => chunk.choices);
      expect(choices.map(({ delta }) => delta.content ?? '').join('')).toBe('abc');
      expect(choices.map(({ finish_reason }) => finish_reason).filter(Boolean)).toEqual(['stop']);
      expect(choices.at(-1)?.finish_reason).toBe('stop');
      expect(chunks.at(-1)?.usage?.total_tokens).toBe(2);
    }
  });

  test('is not a reason that is none', () => {
    const decoder = new GeminiDecoder(call());
    const none = { finishReason: 'FINISH_REASON_UNSPECIFIED' };
    const chunks = feed(decoder, piece('a', none, usage), piece('b', none, usage), piece('c', stop, usage));
    expect(chunks.map(({ choices }) => choices[0]?.finish_reason)).toEqual([null, null, 'stop']);
    expect(decoder.done).toBe(true);
  });

  test('is not the STOP before content that broke off', () => {
    const decoder = new GeminiDecoder(call());
    feed(decoder, { candidates: [{ content: { parts: [] }, ...stop }], ...usage }, piece('ab'));
    decoder.end([]);
    expect(decoder.done).toBe(false);
  });

  test('is any other reason, and what follows STOP without content', () => {
    const cut = new GeminiDecoder(call());
    feed(cut, piece('a', { finishReason: 'MAX_TOKENS' }, usage));
    expect(cut.done).toBe(true);

    const single = new GeminiDecoder(call());
    feed(single, piece('a', stop));
    expect([single.done, single.closing]).toEqual([false, true]);
    const chunks = feed(single, usage);
    expect(single.done).toBe(true);
    expect(chunks).toMatchObject([{ choices: [{ finish_reason: 'stop' }], usage: { total_tokens: 2 } }]);
  });

  test('is not waited for on a connection that stays open', async () => {
    const client = createCallm({
      providers: [gemini],
      env: { GEMINI_API_KEY: 'test-key' },
      transport: async () => {
        const body = new ReadableStream<Uint8Array>({
          start(controller) {
            controller.enqueue(new TextEncoder().encode(`data: ${JSON.stringify(piece('done', stop, usage))}\n\n`));
          },
        });
        return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
      },
    });
    const stream = await client.completion({
      model: 'gemini/gemini-2.5-flash',
      messages: [{ role: 'user', content: 'hi' }],
      stream: true,
    });
    let text = '';
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
    expect(text).toBe('done');
  });
});

test('an empty id of a call counts as none, and the sum of log probabilities is kept', () => {
  const functionCall = { id: '', name: 'get_tide', args: {} };
  const logprobsResult = { chosenCandidates: [{ token: 'a', logProbability: -0.5 }], logProbabilitySum: -0.5 };
  const answer = {
    candidates: [{ content: { parts: [{ functionCall }] }, logprobsResult, ...stop }],
    responseId: 'r1',
  };
  const [, chunk] = feed(new GeminiDecoder(call()), piece('At'), answer);
  const whole = chat.response(answer, call(), { status: 200, headers: {} }) as ChatCompletion;
  const fields = { native_finish_reason: 'STOP', log_probability_sum: -0.5 };
  expect(chunk?.choices[0]).toMatchObject({ provider_specific_fields: fields });
  expect(chunk?.choices[0]?.delta.tool_calls?.[0]?.id).toBe('call_r1_0');
  expect(whole.choices[0]).toMatchObject({ provider_specific_fields: fields });
  expect(whole.choices[0]?.message.tool_calls?.[0]?.id).toBe('call_r1_0');
});

describe('odd events', () => {
  test('without content make no chunk', () => {
    const decoder = new GeminiDecoder(call());
    expect(feed(decoder, {}, { candidates: [] }, { candidates: [{ index: 0 }] }, piece(''))).toEqual([]);
  });

  test('of gateways are passed over: [DONE], null, a list of answers', () => {
    const decoder = new GeminiDecoder(call());
    const out: ChatCompletionChunk[] = [];
    for (const data of ['null', JSON.stringify([piece('a'), piece('b')]), '[DONE]']) decoder.push({ data }, out);
    expect(out.map(({ choices }) => choices[0]?.delta.content)).toEqual(['a', 'b']);
  });

  test('with nulls for what is absent read as if it were', () => {
    const part = { text: 'a', thought: null, thoughtSignature: null, functionCall: null, inlineData: null };
    const rest = { finishReason: null, groundingMetadata: null, safetyRatings: null, logprobsResult: null };
    const nulls = { usageMetadata: null, responseId: null, modelVersion: null, createTime: null, promptFeedback: null };
    const decoder = new GeminiDecoder(call());
    const chunks = feed(decoder, { candidates: [{ content: { parts: [part] }, ...rest }, null], ...nulls });
    expect(chunks).toMatchObject([
      { model: 'gemini-2.5-flash', choices: [{ delta: { content: 'a' }, finish_reason: null }] },
    ]);
    expect(decoder.done).toBe(false);
    const last = feed(decoder, { candidates: [{ content: { parts: null }, ...rest, ...stop }], ...usage, error: null });
    expect(last[0]?.choices[0]?.delta.provider_specific_fields).toBeUndefined();
    expect(decoder.done).toBe(true);
  });

  test.each(['1', '"text"', '{"candidates":"none"}', '{"candidates":[1]}', '[null]'])(
    'of no known shape (%s) are passed over',
    (data) => {
      const out: ChatCompletionChunk[] = [];
      new GeminiDecoder(call()).push({ data }, out);
      expect(out).toEqual([]);
    },
  );

  test('that are errors are faults, bare or in a list', () => {
    const error = { error: { code: 503, message: 'overloaded', status: 'UNAVAILABLE' } };
    for (const event of [error, [error]])
      expect(() => feed(new GeminiDecoder(call()), event as object)).toThrow(ProviderFault);
  });

  test('of broken JSON are syntax errors', () => {
    expect(() => new GeminiDecoder(call()).push({ data: '{"candidates":' }, [])).toThrow(SyntaxError);
  });

  test('with a finish reason again tell the turn record once', () => {
    const signed = { content: { parts: [{ text: '', thoughtSignature: 'c2ln' }] } };
    const chunks = feed(new GeminiDecoder(call()), piece('a', stop), piece('', { ...signed, ...stop }, usage));
    const records = chunks.flatMap(({ choices }) => choices[0]?.delta.provider_specific_fields ?? []);
    expect(records.length).toBeLessThanOrEqual(1);
  });
});

test('ids of calls without one come from the response, are stable and differ', () => {
  const calls = { content: { parts: [{ functionCall: { name: 'a' } }, { functionCall: { name: 'a' } }] } };
  const ids = (responseId: string | undefined): unknown[] =>
    feed(new GeminiDecoder(call()), { candidates: [{ ...calls, index: 0 }], responseId }).flatMap(({ choices }) =>
      (choices[0]?.delta.tool_calls ?? []).map(({ id }) => id),
    );
  expect(ids('r1')).toEqual(['call_r1_0', 'call_r1_1']);
  const named = ids(undefined);
  expect(new Set(named).size).toBe(2);
  expect(ids(undefined)).toEqual(named);
});

test('an answer in the pieces of a stream without SSE is read whole', () => {
  const body = [piece('Hel'), piece('lo', stop, usage)];
  const { choices } = chat.response(body, call(), { status: 200, headers: {} }) as ChatCompletion;
  expect(choices).toMatchObject([{ message: { content: 'Hello' }, finish_reason: 'stop' }]);
});
