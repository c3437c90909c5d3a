/** A login server and a resource on loopback, and clients that know of both. */
import { afterEach, vi } from 'vitest';
import type { Callm, ClientOptions } from '../../../src/index.js';
import { type Answer, client, sendJson, serve, type TestServer } from '../../behaviour/server.js';

export const principal = {
  tenant_id: 'harbour.onmicrosoft.com',
  client_id: 'app-4711',
  client_secret: 'aB8~q+/secret value=&%',
};

export const ask = { model: 'azure/gpt-4o', messages: [{ role: 'user' as const, content: 'Which tide now?' }] };

const completion = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1760000000,
  model: 'gpt-4o-2024-11-20',
  choices: [{ index: 0, finish_reason: 'stop', logprobs: null, message: { role: 'assistant', content: 'High.' } }],
  usage: { prompt_tokens: 9, completion_tokens: 1, total_tokens: 10 },
};

export const answering: Answer = (res) => sendJson(res, completion);
/** Numbered tokens that last an hour. */
export const granting: Answer = (res, _, index) =>
  sendJson(res, {
    token_type: 'Bearer',
    expires_in: 3599,
    ext_expires_in: 3599,
    access_token: `entra-token-${index + 1}`,
  });

export interface Scene {
  tokens: TestServer;
  resource: TestServer;
  client(options?: ClientOptions & Record<string, unknown>): Callm;
}

/** A client's environment names the login server; it has no key. */
export async function entra(grant: Answer = granting, answer: Answer = answering): Promise<Scene> {
  const tokens = await serve(grant);
  const resource = await serve(answer);
  return {
    tokens,
    resource,
    client: ({ env, ...options } = {}) =>
      client({
        api_key: undefined as never,
        api_base: resource.url,
        env: { AZURE_AUTHORITY_HOST: tokens.url, ...env },
        ...options,
      }),
  };
}

/** Moves the clock, of the dates alone: sockets and timers go on. */
export function clock(): (seconds: number) => void {
  afterEach(() => {
    vi.useRealTimers();
  });
  return (seconds) => {
    const now = Date.now();
    vi.useFakeTimers({ toFake: ['Date'], now: now + seconds * 1000 });
  };
}
