/** The content filter's verdicts in errors and streams, beyond what the vectors show. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AzureDecoder } from '../../../providers/azure/filters.js';
import { OpenAIDecoder } from '../../../providers/openai/stream.js';
import type { JsonObject } from '../../../src/core/spec.js';
import type { ChatCompletionChunk } from '../../../src/index.js';
import { ContentPolicyViolationError } from '../../../src/index.js';
import { ChatAssembler } from '../../../src/endpoints/chat-stream.js';
import { client, collect, failure, sendEvents, sendJson, serve } from '../../behaviour/server.js';
import { ask } from './entra.js';

const innererror = {
  code: 'ResponsibleAIPolicyViolation',
  content_filter_result: { violence: { filtered: true, severity: 'high' }, jailbreak: { detected: false } },
};
const error = { message: 'The prompt was filtered.', code: 'content_filter', param: 'prompt', status: 400, innererror };
const data = (event: object): string => `data: ${JSON.stringify(event)}\n\n`;

describe('the reason of a refusal stands in provider_specific_fields', () => {
  test('of an answer', async () => {
    const server = await serve((res) => sendJson(res, { error }, 400));
    const refused = await failure(client({ api_base: server.url }).completion(ask));
    expect(refused).toBeInstanceOf(ContentPolicyViolationError);
    expect(refused.provider_specific_fields).toEqual({ innererror });
    expect(refused.error).toEqual({ error });
  });

  test('of the older spelling', async () => {
    const { innererror: inner_error, ...rest } = error;
    const server = await serve((res) => sendJson(res, { error: { ...rest, code: 'BadRequest', inner_error } }, 400));
    const refused = await failure(client({ api_base: server.url }).completion(ask));
    expect(refused).toBeInstanceOf(ContentPolicyViolationError);
    expect(refused.provider_specific_fields).toEqual({ innererror });
  });

  test('of an answer with a success status', async () => {
    const server = await serve((res) => sendJson(res, { error }));
    const refused = await failure(client({ api_base: server.url }).completion(ask));
    expect(refused).toBeInstanceOf(ContentPolicyViolationError);
    expect(refused.provider_specific_fields).toEqual({ innererror });
  });

  test('of a stream, before its content and after', async () => {
    const said = { id: 'a', object: 'chat.completion.chunk', choices: [{ index: 0, delta: { content: 'H' } }] };
    const server = await serve((res, _, index) => {
      sendEvents(res, ...(index === 0 ? [] : [data(said)]), data({ error }));
      res.end();
    });
    const own = client({ api_base: server.url });
    const first = await failure(own.completion({ ...ask, stream: true }));
    expect(first).toBeInstanceOf(ContentPolicyViolationError);
    expect(first.provider_specific_fields).toEqual({ innererror });
    const { chunks, error: second } = await collect(await own.completion({ ...ask, stream: true }));
    expect(chunks.length).toBe(1);
    expect(second).toBeInstanceOf(ContentPolicyViolationError);
    expect((second as ContentPolicyViolationError).provider_specific_fields).toEqual({ innererror });
  });
});

const decode = (events: readonly object[]): ChatCompletionChunk[] => {
  const decoder = new AzureDecoder(new OpenAIDecoder('my-deployment', false));
  const out: ChatCompletionChunk[] = [];
  for (const event of events) decoder.push({ data: JSON.stringify(event) }, out);
  decoder.push({ data: '[DONE]' }, out);
  expect(decoder.done).toBe(true);
  return out;
};
const head = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 7, model: 'gpt-4o-2024-11-20' };
const unnamed = { id: '', object: '', created: 0, model: '' };
const ok = { filtered: false, severity: 'safe' };

describe('a stream', () => {
  test('keeps verdicts of each choice apart', () => {
    const choice = (index: number, results: JsonObject) => ({ index, delta: {}, content_filter_results: results });
    const chunks = decode([
      { ...head, choices: [choice(0, { hate: ok }), choice(1, { hate: { filtered: true } })] },
      { ...unnamed, choices: [choice(1, { violence: ok })] },
      { ...head, choices: [choice(0, {}), choice(1, { hate: ok })] },
    ]);
    const assembler = new ChatAssembler('m', 0);
    for (const chunk of chunks) assembler.add(chunk);
    const fields = assembler.result().choices.map((each) => each.provider_specific_fields);
    expect(fields[0]).toEqual({ content_filter_results: { hate: ok } });
    expect(fields[1]).toEqual({ content_filter_results: { hate: { filtered: true }, violence: ok } });
  });

  test('of which no chunk has a name is handed over all the same', () => {
    const chunks = decode([
      { ...unnamed, choices: [], prompt_filter_results: [] },
      { ...unnamed, choices: [{ index: 0, delta: { content: 'H' }, finish_reason: 'stop' }] },
    ]);
    expect(chunks.map(({ model, choices }) => [model, choices.length])).toEqual([
      ['my-deployment', 0],
      ['my-deployment', 1],
    ]);
  });

  test('that ends without a word hands over what was held', () => {
    const decoder = new AzureDecoder(new OpenAIDecoder('my-deployment', false));
    const out: ChatCompletionChunk[] = [];
    decoder.push({ data: JSON.stringify({ ...unnamed, choices: [], prompt_filter_results: [{}] }) }, out);
    expect(out).toEqual([]);
    decoder.end(out);
    expect(out.length).toBe(1);
  });

  test('has one name and loses nothing, wherever chunks without one stand', () => {
    const events = fc.array(
      fc.oneof(
        fc.string().map((content) => ({ ...head, choices: [{ index: 0, delta: { content }, finish_reason: null }] })),
        fc.nat().map((offset) => ({ ...unnamed, choices: [{ index: 0, content_filter_offsets: { offset } }] })),
        fc.nat().map((at) => ({ ...unnamed, choices: [], prompt_filter_results: [{ prompt_index: at }] })),
      ),
      { minLength: 1 },
    );
    fc.assert(
      fc.property(events, (given) => {
        const chunks = decode(given);
        // `[DONE]` gives a choice that began its reason.
        const began = given.some(({ choices }) => choices.some((choice) => 'delta' in choice));
        expect(chunks.length).toBe(given.length + Number(began));
        const text = (list: readonly object[]): string =>
          (list as ChatCompletionChunk[])
            .flatMap(({ choices }) => choices.map((choice) => choice.delta?.content ?? ''))
            .join('');
        expect(text(chunks)).toBe(text(given));
        if (given.some(({ id }) => id !== ''))
          expect(new Set(chunks.map(({ id, model, created }) => `${id} ${model} ${created}`))).toEqual(
            new Set(['chatcmpl-1 gpt-4o-2024-11-20 7']),
          );
      }),
    );
  });
});
