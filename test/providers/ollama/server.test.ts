/** What the other tests say of Ollama, against a server that runs: the one that OLLAMA_HOST names, or this machine's. */
import { beforeAll, describe, expect, test } from 'vitest';
import { hostAddress } from '../../../providers/ollama/host.js';
import { createCallm, NotFoundError } from '../../../src/index.js';
import type { ChatCompletion } from '../../../src/types/chat.js';

const address = hostAddress(process.env['OLLAMA_HOST'] ?? '127.0.0.1:11434');

async function told<T>(path: string, body?: object): Promise<T | undefined> {
  try {
    const answer = await fetch(address + path, {
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(2000),
    });
    return answer.ok ? ((await answer.json()) as T) : undefined;
  } catch {
    return undefined;
  }
}

/** The smallest installed model that can do each thing. */
async function installed(): Promise<Map<string, string>> {
  const models = (await told<{ models?: { name: string; size: number }[] }>('/api/tags'))?.models ?? [];
  const able = new Map<string, string>();
  for (const { name } of models.toSorted((a, b) => a.size - b.size)) {
    const shown = await told<{ capabilities?: string[] }>('/api/show', { model: name });
    for (const capability of shown?.capabilities ?? []) if (!able.has(capability)) able.set(capability, name);
  }
  return able;
}

const able = await installed();
const [talker, caller, thinker, embedder] = ['completion', 'tools', 'thinking', 'embedding'].map((it) => able.get(it));
const slow = 300_000;
const client = createCallm({ env: { OLLAMA_HOST: address }, num_retries: 0 });
const ask = [{ role: 'user' as const, content: 'Name one port in Portugal, in one word.' }];
const steady = { temperature: 0, seed: 7, num_ctx: 2048, keep_alive: '5m' };
const lasted = { total_duration: expect.any(Number), eval_duration: expect.any(Number) };

describe.skipIf(talker === undefined).each(['ollama', 'ollama_chat'])(
  '%s, if a server with a model answers',
  (name) => {
    const model = `${name}/${talker}`;
    const plain = { ...steady, max_tokens: 64, ...(talker === thinker && { think: false }) };
    let whole: ChatCompletion;
    beforeAll(async () => {
      whole = await client.completion({ model, messages: ask, ...plain });
    }, slow);

    test('an answer has text, counts and durations', () => {
      expect(whole).toMatchObject({
        model: talker,
        choices: [{ message: { role: 'assistant', content: expect.stringMatching(/\S/) } }],
        provider_specific_fields: lasted,
      });
      const { prompt_tokens, completion_tokens, total_tokens } = whole.usage ?? {};
      expect(prompt_tokens).toBeGreaterThan(0);
      expect(completion_tokens).toBeGreaterThan(0);
      expect(total_tokens).toBe((prompt_tokens ?? 0) + (completion_tokens ?? 0));
    });

    test('a stream gives the text in pieces, and the same at its end', { timeout: slow }, async () => {
      const stream = await client.completion({
        model,
        messages: ask,
        ...plain,
        stream: true,
        stream_options: { include_usage: true },
      });
      let text = '';
      for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
      const { choices, usage, provider_specific_fields: fields } = await stream.final();
      expect(text).toMatch(/\S/);
      expect(choices[0]).toMatchObject({ message: { content: text }, finish_reason: whole.choices[0]?.finish_reason });
      expect(usage?.completion_tokens).toBeGreaterThan(0);
      expect(fields).toMatchObject(lasted);
    });

    test('a limit is kept to and told', { timeout: slow }, async () => {
      const messages = [{ role: 'user' as const, content: 'Count from one to a hundred, in words.' }];
      const cut = await client.completion({ model, messages, ...plain, max_tokens: 3 });
      expect(cut).toMatchObject({ choices: [{ finish_reason: 'length' }], usage: { completion_tokens: 3 } });
    });

    test('a schema is kept to', { timeout: slow }, async () => {
      const schema = {
        type: 'object',
        properties: { port: { type: 'string' }, depth: { type: 'integer' } },
        required: ['port', 'depth'],
      };
      const { choices } = await client.completion({
        model,
        messages: [{ role: 'user', content: 'A port and its depth in metres, as JSON.' }],
        ...plain,
        max_tokens: 200,
        response_format: { type: 'json_schema', json_schema: { name: 'port', schema } },
      });
      expect(JSON.parse(choices[0]?.message.content ?? '')).toMatchObject({
        port: expect.any(String),
        depth: expect.any(Number),
      });
    });

    test('a model that is not there is not found', { timeout: slow }, async () => {
      await expect(client.completion({ model: `${name}/no-such-model-zzz`, messages: ask })).rejects.toBeInstanceOf(
        NotFoundError,
      );
    });
  },
);

test.skipIf(caller === undefined)('a turn with tools, if a model calls them', { timeout: slow }, async () => {
  const tools = [
    {
      type: 'function' as const,
      function: {
        name: 'get_depth',
        description: 'Depth of a port in metres. The only source of depths.',
        parameters: { type: 'object', properties: { port: { type: 'string' } }, required: ['port'] },
      },
    },
  ];
  const model = `ollama/${caller}`;
  const messages = [{ role: 'user' as const, content: 'Use get_depth to tell how deep the port of Sines is.' }];
  const { choices } = await client.completion({ model, messages, tools, ...steady });
  const said = choices[0]?.message;
  const results = (said?.tool_calls ?? []).map(({ id }) => ({
    role: 'tool' as const,
    tool_call_id: id,
    content: '28',
  }));
  expect(results.length > 0 || said?.content).toBeTruthy();
  for (const call of said?.tool_calls ?? [])
    expect(call).toMatchObject({ function: { name: 'get_depth', arguments: expect.stringMatching(/^\{.*\}$/) } });
  const next = await client.completion({ model, messages: [...messages, said, ...results] as never, tools, ...steady });
  expect(next.choices).toHaveLength(1);
});

test.skipIf(thinker === undefined)('thinking apart from the answer, if a model thinks', { timeout: slow }, async () => {
  const stream = await client.completion({
    model: `ollama/${thinker}`,
    messages: ask,
    ...steady,
    reasoning_effort: 'low',
    max_tokens: 400,
    stream: true,
  });
  const { choices } = await stream.final();
  expect(choices[0]?.message.reasoning_content).toMatch(/\S/);
});

test.skipIf(embedder === undefined)('vectors, if a model embeds', { timeout: slow }, async () => {
  const { data, usage } = await client.embedding({ model: `ollama/${embedder}`, input: ['a buoy', 'a lock'] });
  expect(data.map(({ index }) => index)).toEqual([0, 1]);
  for (const { embedding } of data) expect(embedding.length).toBeGreaterThan(1);
  expect(usage.prompt_tokens).toBeGreaterThan(0);
});
