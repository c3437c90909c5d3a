/**
 * Lets the examples run without keys and without a network: the providers they name are played by the server of
 * `callm/testing`. With keys of your own, leave the two lines out that use this file.
 */
import { startProvider, type TestProvider } from 'callm/testing';

/** `CALLM_DEMO_URL` names such a server that runs already; it is then not closed here. */
export async function offline(): Promise<Pick<TestProvider, 'url' | 'close'>> {
  const running = process.env['CALLM_DEMO_URL'];
  const server = running === undefined ? await startProvider() : { url: running, close: () => Promise.resolve() };
  Object.assign(process.env, {
    OPENAI_API_KEY: 'demo-key',
    OPENAI_BASE_URL: `${server.url}/openai/v1`,
    ANTHROPIC_API_KEY: 'demo-key',
    ANTHROPIC_API_BASE: `${server.url}/anthropic`,
    GOOGLE_API_KEY: 'demo-key',
    GEMINI_API_BASE: `${server.url}/gemini/v1beta`,
    COHERE_API_KEY: 'demo-key',
    COHERE_API_BASE: `${server.url}/cohere`,
    NO_PROXY: '127.0.0.1',
  });
  return server;
}
