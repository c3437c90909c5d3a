import { describe, expect, test } from 'vitest';
import { type APIError, createCallm, type StreamOf } from '../../../src/index.js';

const begin = { type: 'message_start', message: { id: 'msg_1', model: 'claude-sonnet-5', usage: { input_tokens: 9 } } };
const text = [
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'At 14:32.' } },
  { type: 'content_block_stop', index: 0 },
];
const stop = { type: 'message_stop' };
const ended = (delta: object, usage?: object): object => ({ type: 'message_delta', delta, ...(usage && { usage }) });

const models = {
  anthropic: { model: 'anthropic/claude-sonnet-5' },
  vertex_ai: { model: 'vertex_ai/claude-sonnet-5', vertex_project: 'p', vertex_location: 'global' },
};

async function answerOf(events: readonly object[], where: object = models.anthropic) {
  const body = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('');
  const client = createCallm({
    env: {},
    api_key: 'test-key',
    num_retries: 0,
    transport: () =>
      Promise.resolve(
        new Response(body, { headers: { 'content-type': 'text/event-stream', 'request-id': 'request-1' } }),
      ),
  });
  const messages = [{ role: 'user' as const, content: 'Which tide now?' }];
  const stream = await client.run('chat', { ...where, messages, stream: true } as never);
  return (stream as StreamOf<'chat'>).final();
}

test.each([
  ['before the reason', [ended({}, { output_tokens: 4 }), ended({ stop_reason: 'end_turn' })]],
  ['after it', [ended({ stop_reason: 'end_turn' }), ended({}, { output_tokens: 4 })]],
  ['with both', [ended({ stop_reason: 'end_turn' }, { output_tokens: 1 }), ended({}, { output_tokens: 4 })]],
])('counts may come %s', async (_, deltas) => {
  const { usage, choices } = await answerOf([begin, ...text, ...deltas, stop]);
  expect(usage).toMatchObject({ prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 });
  expect(choices).toMatchObject([{ message: { content: 'At 14:32.' }, finish_reason: 'stop' }]);
});

describe.each(Object.entries(models))('an error in a stream of %s', (_, where) => {
  test.each([
    [{ type: 'error', error: { type: 'overloaded_error', message: 'later' } }, 'ServiceUnavailableError', undefined],
    [{ error: { code: 503, message: 'later', status: 'UNAVAILABLE' } }, 'ServiceUnavailableError', 503],
    [[{ error: { code: 429, message: 'later', status: 'RESOURCE_EXHAUSTED' } }], 'RateLimitError', 429],
    [{ error: 'later' }, 'InternalServerError', undefined],
  ])('may look like %j', async (event, name, status) => {
    for (const events of [
      [event, begin, ...text],
      [begin, ...text, event, ended({ stop_reason: 'end_turn' }), stop],
    ]) {
      const error = (await answerOf(events, where).catch((reason: unknown) => reason)) as APIError;
      expect(error).toMatchObject({ name, status, request_id: 'request-1' });
      expect(error.message).toContain('later');
    }
  });
});
