/** What takes more than one request: polling, streams by their own address, and where the token goes. */
import { describe, expect, it } from 'vitest';
import { type CallmError, createCallm, type Wire } from '../../../src/index.js';

interface Answer {
  status?: number;
  type?: string;
  body: unknown;
}

/** A client whose provider gives these answers in turn. */
function answering(answers: Answer[], options: Record<string, unknown> = {}) {
  const sent: Wire[] = [];
  const client = createCallm({
    env: {},
    api_key: 'r8_secret_token',
    num_retries: 0,
    ...options,
    transport: (wire) => {
      const { status = 200, type = 'application/json', body } = answers[sent.length] as Answer;
      sent.push(wire);
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      let read = false;
      return Promise.resolve({
        status,
        headers: { 'content-type': type },
        text: () => Promise.resolve(text),
        read: () => (read ? undefined : ((read = true), new TextEncoder().encode(text))),
        cancel() {},
      });
    },
  });
  return { client, sent };
}

const messages = [{ role: 'user' as const, content: 'Tell a joke.' }];
const model = 'replicate/meta/meta-llama-3-70b-instruct';
const id = 'gm3qorzdhgbfurvjtvhg6dckhu';
const prediction = (status: string, more: object = {}) => ({ id, status, error: null, ...more });
const stream = 'https://stream.replicate.com/v1/files/xyz';
const events =
  'event: output\nid: 1:0\ndata: One:\ndata: \ndata: two\n\nevent: output\nid: 1:1\ndata: !\n\nevent: done\nid: 1:2\ndata: {}\n\n';

describe('a prediction', () => {
  it('is waited for and then looked at by its id until it ends', async () => {
    const { client, sent } = answering([
      { status: 201, body: prediction('starting', { urls: { get: 'https://elsewhere.example.com/p', stream } }) },
      { body: prediction('processing', { output: ['Half'] }) },
      {
        body: prediction('succeeded', {
          output: ['Half', ' done'],
          metrics: { input_token_count: 3, output_token_count: 2 },
        }),
      },
    ]);
    const result = await client.completion({ model, messages });
    expect(sent.map(({ method, url }) => `${method} ${url}`)).toEqual([
      `POST https://api.replicate.com/v1/models/meta/meta-llama-3-70b-instruct/predictions`,
      `GET https://api.replicate.com/v1/predictions/${id}`,
      `GET https://api.replicate.com/v1/predictions/${id}`,
    ]);
    expect(sent.every(({ headers }) => headers['authorization'] === 'Bearer r8_secret_token')).toBe(true);
    expect(sent[1]?.body).toBeUndefined();
    expect(result.choices[0]?.message.content).toBe('Half done');
    expect(result.usage).toMatchObject({ prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 });
    expect(result._hidden_params.attempts).toHaveLength(3);
  });

  it('is made and looked at under api_base', async () => {
    const { client, sent } = answering(
      [{ body: prediction('processing') }, { body: prediction('succeeded', { output: 'Yes.' }) }],
      { api_base: 'https://gateway.example.com/replicate/v1' },
    );
    await client.completion({ model, messages });
    expect(sent[1]?.url).toBe(`https://gateway.example.com/replicate/v1/predictions/${id}`);
  });

  it('that fails while it is looked at is an error with its text', async () => {
    const { client } = answering([
      { body: prediction('starting') },
      { body: prediction('failed', { error: 'CUDA out of memory (E1001)' }) },
    ]);
    const error = await client.completion({ model, messages }).then(
      () => undefined,
      (cause: unknown) => cause,
    );
    expect(error).toMatchObject({ name: 'InternalServerError', code: 'E1001', type: 'failed' });
    expect((error as CallmError).message).toContain('CUDA out of memory');
  });

  it('is no longer looked at after an abort', async () => {
    const abort = new AbortController();
    const { client, sent } = answering([
      { body: prediction('starting') },
      { body: prediction('succeeded', { output: '' }) },
    ]);
    const pending = client.completion({ model, messages, signal: abort.signal });
    setTimeout(() => abort.abort(), 50);
    await expect(pending).rejects.toMatchObject({ name: 'APIUserAbortError' });
    expect(sent).toHaveLength(1);
  });
});

describe('a stream', () => {
  it('is read at the address that the prediction names', async () => {
    const { client, sent } = answering([
      { status: 201, body: prediction('starting', { urls: { stream } }) },
      { type: 'text/event-stream', body: events },
    ]);
    const answer = await client.completion({ model, messages, stream: true });
    const texts: string[] = [];
    for await (const chunk of answer) texts.push(chunk.choices[0]?.delta.content ?? '');
    expect(texts).toEqual(['One:\n\ntwo', '!', '']);
    expect((await answer.final()).choices[0]?.finish_reason).toBe('stop');
    expect(sent[1]).toMatchObject({
      method: 'GET',
      url: stream,
      headers: { accept: 'text/event-stream', authorization: 'Bearer r8_secret_token' },
    });
  });

  it('of a model that has none is the whole answer', async () => {
    const { client } = answering([
      { body: prediction('starting') },
      { body: prediction('succeeded', { output: ['All', ' at once'] }) },
    ]);
    const answer = await client.completion({ model, messages, stream: true });
    expect((await answer.final()).choices[0]?.message.content).toBe('All at once');
  });

  it.each([
    ['https://stream.replicate.com/v1/files/xyz', true],
    ['https://streaming-api.svc.us.c.replicate.net/v1/streams/xyz', true],
    ['https://gateway.example.com/streams/xyz', true],
    ['http://stream.replicate.com/v1/files/xyz', false],
    ['https://notreplicate.com/v1/files/xyz', false],
    ['https://replicate.com.example.org/v1/files/xyz', false],
  ])('at %s gets the token: %s', async (address, given) => {
    const { client, sent } = answering(
      [{ body: prediction('starting', { urls: { stream: address } }) }, { type: 'text/event-stream', body: events }],
      { api_base: 'https://gateway.example.com/v1' },
    );
    await (await client.completion({ model, messages, stream: true })).final();
    expect(sent[1]?.url).toBe(address);
    expect(sent[1]?.headers['authorization'] !== undefined).toBe(given);
  });
});

it('takes a token of the caller and leaves a header of the caller alone', async () => {
  const done = { body: prediction('succeeded', { output: 'Yes.' }) };
  const asked = answering([done], { api_key: () => Promise.resolve('r8_asked') });
  await asked.client.completion({ model, messages });
  expect(asked.sent[0]?.headers['authorization']).toBe('Bearer r8_asked');
  const own = answering([done], { extra_headers: { Authorization: 'Token mine' } });
  await own.client.completion({ model, messages });
  expect(own.sent[0]?.headers['authorization']).toBe('Token mine');
});

it('puts extra_body beside the input', async () => {
  const { client, sent } = answering([{ body: prediction('succeeded', { output: 'Yes.' }) }]);
  await client.completion({
    model,
    messages,
    extra_body: { webhook: 'https://hooks.example.com' },
    min_tokens: 4,
  } as never);
  expect(JSON.parse(sent[0]?.body as string)).toEqual({
    input: { prompt: 'Tell a joke.', min_tokens: 4 },
    webhook: 'https://hooks.example.com',
  });
});
