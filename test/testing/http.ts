import { onTestFinished } from 'vitest';
import { startProvider, type ProviderOptions, type TestProvider } from '../../src/testing/index.js';

/** A provider that is closed after the test. */
export async function provide(options?: ProviderOptions): Promise<TestProvider> {
  const provider = await startProvider(options);
  onTestFinished(() => provider.close());
  return provider;
}

export interface Got<T = Record<string, unknown>> {
  status: number;
  headers: Headers;
  body: T;
}

/** Posts JSON (or, given a string, that text) and reads JSON. */
export async function post<T>(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Got<T>> {
  const res = await send(url, body, headers);
  return { status: res.status, headers: res.headers, body: (await res.json()) as T };
}

export const send = (url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

export interface SseEvent {
  event: string | undefined;
  data: string;
}

/** The events of a whole stream; fails on anything that is no event. */
export function parseEvents(source: string): SseEvent[] {
  const blocks = source.replaceAll('\r\n', '\n').split('\n\n');
  if (blocks.pop() !== '') throw new Error('the stream does not end with an event');
  return blocks.map((block) => {
    const [, event, data] = /^(?:event: (.*)\n)?data: (.*)$/u.exec(block) ?? [];
    if (data === undefined) throw new Error(`no event: ${block}`);
    return { event, data };
  });
}

/** The JSON of each event, without OpenAI's end mark. */
export const parseData = <T>(events: readonly SseEvent[]): T[] =>
  events.filter(({ data }) => data !== '[DONE]').map(({ data }) => JSON.parse(data) as T);

export const bearer = (key = 'test-key'): Record<string, string> => ({ authorization: `Bearer ${key}` });
export const anthropicHeaders = (key = 'test-key'): Record<string, string> => ({
  'x-api-key': key,
  'anthropic-version': '2023-06-01',
});
export const googleKey = (key = 'test-key'): Record<string, string> => ({ 'x-goog-api-key': key });

/** The body a client library would send for one user message. */
export const user = <R extends object>(content: string, rest?: R) => ({
  model: 'test-model',
  messages: [{ role: 'user', content }],
  ...(rest as R),
});
