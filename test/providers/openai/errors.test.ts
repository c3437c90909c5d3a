import { describe, expect, it } from 'vitest';
import { openaiError } from '../../../providers/openai/errors.js';

const body = (error: object) => ({ error: { message: 'no', ...error } });

describe('errors', () => {
  it.each([
    [400, { code: 'context_length_exceeded' }, 'context_window'],
    [400, { message: "This model's maximum context length is 8 tokens" }, 'context_window'],
    [
      400,
      { message: "This model's maximum prompt length is 131072 but the request contains 190000 tokens." },
      'context_window',
    ],
    [400, { message: 'Current length is 9000 while limit is 8192' }, 'context_window'],
    [400, { message: 'the request exceeds the available context size, try increasing it' }, 'context_window'],
    [400, { message: 'Prompt is too long: 12 tokens' }, 'context_window'],
    [400, { message: 'Invalid request: Your request exceeded model token limit: 262144' }, 'context_window'],
    [400, { message: 'invalid params, context window exceeds limit (2013)' }, 'context_window'],
    [400, { message: 'Input length 203743 exceeds the maximum length 202752' }, 'context_window'],
    [400, { code: '1261', message: 'Prompt exceeds max length' }, 'context_window'],
    [400, { message: 'Range of input length should be [1, 30720]' }, 'context_window'],
    [400, { code: 'invalid_request_error', message: 'Content Exists Risk' }, 'content_policy'],
    [
      400,
      { code: 'data_inspection_failed', message: 'Input data may contain inappropriate content.' },
      'content_policy',
    ],
    [422, { message: '`inputs` tokens + `max_new_tokens` must be <= 4096' }, 'context_window'],
    [
      400,
      { code: 'string_above_max_length', message: 'string too long. Expected a string with maximum length 64' },
      undefined,
    ],
    [500, { message: 'maximum context length' }, undefined],
    [400, { code: 'content_policy_violation' }, 'content_policy'],
    [400, { message: 'Your request was rejected as a result of our safety system.' }, 'content_policy'],
    [403, { code: 'insufficient_quota' }, 'quota'],
    [429, { type: 'insufficient_quota' }, 'quota'],
    [400, { code: 'invalid_api_key' }, 'authentication'],
    [400, { code: 'model_not_found' }, 'not_found'],
    [429, { type: 'invalid_request_error' }, undefined],
    [503, { type: 'server_error' }, undefined],
    [undefined, { type: 'server_error' }, 'server'],
    [undefined, { code: 'rate_limit_exceeded' }, 'rate_limit'],
  ])('status %s with %j is %s', (status, error, kind) => {
    expect(openaiError(status, body(error)).kind).toBe(kind);
  });

  it('keeps what the body says', () => {
    expect(
      openaiError(400, body({ code: 'invalid_type', type: 'invalid_request_error', param: 'temperature' })),
    ).toEqual({
      message: 'no',
      code: 'invalid_type',
      type: 'invalid_request_error',
      param: 'temperature',
    });
    expect(openaiError(502, '<html>Bad gateway</html>').message).toContain('Bad gateway');
  });
});
