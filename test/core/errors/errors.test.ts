import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { readErrorBody } from '../../../src/core/error-body.js';
import * as errors from '../../../src/core/errors.js';
import * as root from '../../../src/index.js';

const { errorClass } = errors;

/** Each class, what it extends, and the status it stands for without an answer. */
const classes: [name: string, parent: string, status_code?: number][] = [
  ['CallmError', 'Error'],
  ['APIError', 'CallmError', 500],
  ['BadRequestError', 'APIError', 400],
  ['ContextWindowExceededError', 'BadRequestError', 400],
  ['ContentPolicyViolationError', 'BadRequestError', 400],
  ['UnsupportedParamsError', 'BadRequestError', 400],
  ['AuthenticationError', 'APIError', 401],
  ['PermissionDeniedError', 'APIError', 403],
  ['NotFoundError', 'APIError', 404],
  ['ConflictError', 'APIError', 409],
  ['UnprocessableEntityError', 'APIError', 422],
  ['RateLimitError', 'APIError', 429],
  ['InternalServerError', 'APIError', 500],
  ['BadGatewayError', 'InternalServerError', 502],
  ['ServiceUnavailableError', 'InternalServerError', 503],
  ['APIConnectionError', 'APIError', 500],
  ['Timeout', 'APIConnectionError', 408],
  ['StreamIncompleteError', 'APIConnectionError', 500],
  ['APIResponseValidationError', 'APIError', 500],
  ['JSONSchemaValidationError', 'APIResponseValidationError', 500],
  ['APIUserAbortError', 'APIError', 499],
  ['BudgetExceededError', 'CallmError'],
  ['GuardrailError', 'CallmError'],
  ['NoDeploymentError', 'CallmError'],
];

type AnyClass = (new (message: string, options?: object) => root.APIError) & { prototype: object };
const exported = new Map<string, unknown>([['Error', Error], ...Object.entries(root)]);
const classOf = (name: string): AnyClass => exported.get(name) as AnyClass;

describe('the classes', () => {
  test.each(classes)('%s extends %s', (name, parent, status_code) => {
    const type = classOf(name);
    const error = new type('text', { raw_response: '' });
    expect(Object.getPrototypeOf(type)).toBe(classOf(parent));
    expect(error.name).toBe(name);
    expect(Object.keys(error)).not.toContain('name');
    expect(root.CallmError.is(error)).toBe(true);
    expect(error.attempts).toEqual([]);
    expect(inspect(error)).toContain(name);
    expect(String(error)).toBe(`${name}: text`);
    if (status_code !== undefined) {
      expect(error.status).toBeUndefined();
      expect(error.status_code).toBe(status_code);
      expect(new type('text', { status: 599, raw_response: '' }).status_code).toBe(599);
    }
  });

  test('are all listed here', () => {
    const names = Object.entries(root)
      .filter(([, value]) => typeof value === 'function' && value.prototype instanceof Error)
      .map(([name]) => name);
    expect(names.toSorted()).toEqual(
      [...classes.map(([name]) => name), 'APIConnectionTimeoutError', 'ProviderFault'].toSorted(),
    );
    expect(root.APIConnectionTimeoutError).toBe(root.Timeout);
  });

  test('a status below 400 is no status_code', () => {
    expect(new root.APIResponseValidationError('page', { status: 200 })).toMatchObject({
      status: 200,
      status_code: 500,
    });
    expect(new root.APIError('moved', { status: 302 }).status_code).toBe(500);
  });

  test('toJSON tells the facts', () => {
    const error = new root.RateLimitError('slow', {
      status: 429,
      retry_after: 2,
      llm_provider: 'openai',
      model: 'm',
      request_id: 'r',
    });
    expect(JSON.parse(JSON.stringify(error))).toMatchObject({
      name: 'RateLimitError',
      message: 'slow',
      status: 429,
      status_code: 429,
      retry_after: 2,
      llm_provider: 'openai',
      model: 'm',
      request_id: 'r',
      attempts: [],
    });
  });

  test('is() knows errors of another copy, and nothing else', () => {
    const foreign = Object.assign(new Error('x'), { [Symbol.for('callm.error')]: true });
    expect(root.CallmError.is(foreign)).toBe(true);
    for (const value of [new Error('x'), {}, null, undefined, 'x', 5]) expect(root.CallmError.is(value)).toBe(false);
  });
});

describe('errorClass', () => {
  test('a kind outranks the status, the status the body', () => {
    expect(errorClass({ message: '', kind: 'context_window' }, 500)).toBe(root.ContextWindowExceededError);
    expect(errorClass({ message: '', kind: 'quota' }, 403)).toBe(root.RateLimitError);
    expect(errorClass({ message: '', status: 429 }, 500)).toBe(root.InternalServerError);
    expect(errorClass({ message: '', status: 429 }, undefined)).toBe(root.RateLimitError);
    expect(errorClass({ message: '' }, undefined)).toBe(root.APIError);
  });
});

describe('readErrorBody', () => {
  const rows: [string, unknown, Partial<ReturnType<typeof readErrorBody>>][] = [
    [
      'OpenAI',
      { error: { message: 'm', type: 't', code: 'c', param: 'p' } },
      { message: 'm', type: 't', code: 'c', param: 'p' },
    ],
    ['Anthropic', { type: 'error', error: { type: 't', message: 'm' } }, { message: 'm', type: 't' }],
    ['Google', { error: { code: 429, message: 'm', status: 'S' } }, { message: 'm', status: 429 }],
    ['Google, in an array', [{ error: { code: 503, message: 'm', status: 'S' } }], { message: 'm', status: 503 }],
    ['a text', { error: 'm' }, { message: 'm' }],
    ['FastAPI', { detail: [{ loc: ['body', 'x'], msg: 'm' }] }, { message: 'body.x: m' }],
    ['a numeric code', { error: { message: 'm', code: 404 } }, { message: 'm', code: '404', status: 404 }],
    ['plain text', ' m ', { message: 'm' }],
  ];
  test.each(rows)('%s', (_, body, expected) => expect(readErrorBody(400, body)).toMatchObject(expected));

  test.each([null, undefined, '', [], {}, 5, [[]], { error: null }, { error: [] }, { error: { message: {} } }])(
    '%j has a message, too',
    (body) => {
      const { message } = readErrorBody(418, body);
      expect(message).toBeTypeOf('string');
      expect(message).not.toBe('');
    },
  );
});
