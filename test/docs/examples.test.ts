import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startProvider, type TestProvider } from '../../src/testing/index.js';
import { hasRedis, startRedis } from '../store/redis-server.js';
import { bundle, makeWorkshop, root, runNode, type Workshop } from './programs.js';

/** What each example must print, in this order; it must end by itself, with exit code 0. */
const told: Record<string, readonly (string | RegExp)[]> = {
  bill: [
    /openai\/gpt-4o-mini: \$0\.0000\d+, by https:/,
    /openai\/gpt-4o: (\$0\.\d+), by .*\nthe stream itself says \1\n/,
    /openai\/gpt-4o-mini, input +\d+ token +\$0\.\d+\/M {2}\$0\.\d{8}\n/,
    /cohere\/rerank-v3\.5, queries +1 query +\$0\.\d+ {2}\$0\.\d{8}\n/,
    /total +\$0\.\d{8}\n/,
    'a model that nobody prices: unknown',
  ],
  'core-only': ['small and sufficient.', 'no provider is known for "openai/gpt-4o-mini"'],
  'custom-provider': [
    'acme: hello from a provider of my own',
    'rename: max_completion_tokens is sent as max_tokens',
    'mini: hello from a provider of my own (',
    'mini, streamed: [hello] [from] [a] [provider] [of] [my] [own] []',
    'AuthenticationError: invalid x-api-key',
  ],
  'embeddings-rerank': [
    'openai/text-embedding-3-small: 4 vectors of 256',
    /0\.[3-9]\d\d {2}The cat sleeps/,
    'gemini/gemini-embedding-001: 4 vectors of 256',
    /cohere\/rerank-v3\.5:\n {2}0\.\d+ {2}The cat sleeps/,
  ],
  'errors-retries': [
    'openai: AuthenticationError, status 401',
    'anthropic: AuthenticationError, status 401',
    'gemini: AuthenticationError, status 401',
    'attempt: RateLimitError',
    'attempt: 200',
    /RateLimitError, retry after 1 s, request req_\w+/,
    'not found: The model `missing-model`',
    'Did you mean "openai/gpt-4o-mini"',
    'unsupported logprobs',
    'BadRequestError: timeout: is in seconds',
  ],
  middleware: [
    '[log] chat openai/gpt-4o-mini: ok',
    'write to <email>',
    'from the cache: true',
    '[log] chat openai/gpt-4o-mini: GuardrailError',
    'GuardrailError: the input names a secret',
  ],
  'migrate-from-openai': [
    'same choices: true',
    'anthropic: the same body, the same answer.',
    'same stream: true',
    'RateLimitError: status 429, code rate_limit_exceeded, type requests',
    'embedding: 1536 numbers',
  ],
  'router-balancing': [
    'weights 3 and 1: haiku 95, mini 305',
    'least busy: one 20, two 20',
    'in turn: a 3, b 3, c 3',
    /mini: openai\/gpt-4\.1-mini, at the most \$0\.000\d+\nhaiku: anthropic\/claude-haiku-4-5, at the most \$0\.000\d+/,
    'healthy: mini true, haiku true',
  ],
  'router-fallbacks': [
    'first: shaky 503, steady 200',
    'cooldown: shaky, 0.5 s, ServiceUnavailableError',
    'second: shaky 503, steady 200',
    'while it cools down: steady 200',
    'recovered: shaky\nback again: shaky 200',
    'fallback: gone -> chat, NotFoundError\nby the fallback: gone 404, shaky 200',
    'NotFoundError: gone 404',
  ],
  'router-litellm-config': [
    'gpt-4o answers, by openai',
    'gpt-4 answers, by openai',
    'claude answers, by anthropic',
    'gemini/gemini-2.5-flash answers, by gemini',
    'rpm of gpt-4o: 900',
    'routing_strategy must be one of',
    'num_retries must be a whole number',
    'model_list[0].litellm_params.model must be a text',
  ],
  'router-mid-stream': [
    'The moon is about 384,400 kilometres away,  [broken off]\nThe moon is about',
    'each year.\nwhole: true',
    'breaking: StreamIncompleteError\nsteady: 200',
  ],
  'router-redis': ['skipped: no Redis at 127.0.0.1:1'],
  streaming: [
    'one answer, word by word.\nfinish: stop, tokens: 11',
    'left after: ',
    'usage chunk: 11 tokens',
    'both got: true',
  ],
  'structured-output': [
    'openai/gpt-4o-mini: Ada Lovelace, 36, English/French/Italian',
    'anthropic/claude-haiku-4-5: Ada Lovelace, 36, English/French/Italian',
    'gemini/gemini-2.5-flash: Ada Lovelace, 36, English/French/Italian',
    'arktype: Lisbon, 567131',
    'plain: {"verdict":"bad"}',
  ],
  'testing-your-app': ['# pass 4', '# fail 0'],
  'thinking-and-caching': [
    /thought: \w.*\nanswer: \w/,
    /reasoning tokens: [1-9]/,
    /second turn: .*turn 2/,
    /streamed thought: 1\d words, signed: true/,
    'anthropic/claude-haiku-4-5: {"type":"enabled","budget_tokens":1024}',
    'gemini/gemini-2.5-flash: {"thinkingConfig":{"thinkingBudget":1024',
    'openai/gpt-5.4-mini: "low"',
  ],
  'timeouts-cancel': [
    /timeout: Timeout after 0\.\d s and 1 attempt/,
    /deadline: Timeout after \d\.\d s and [2-6] attempt/,
    /first token: Timeout after 0\.\d s/,
    'slow, but never idle: done',
    /abort: APIUserAbortError after 0\.\d s/,
    'stopped after: one two\n',
  ],
  tools: [
    'openai/gpt-4o-mini calls get_weather(Paris)\nopenai/gpt-4o-mini calls get_weather(London)',
    /openai\/gpt-4o-mini: .*Paris: 21 degrees.*London: 21 degrees/,
    'anthropic/claude-haiku-4-5 calls get_weather(Paris)',
    /gemini\/gemini-2\.5-flash: .*Paris: 21 degrees.*London: 21 degrees/,
    'streamed: {"city":"Oslo"}',
  ],
};

const names = readdirSync(join(root, 'examples'))
  .filter((file) => file.endsWith('.ts') && file !== 'offline.ts')
  .map((file) => file.slice(0, -'.ts'.length));

let workshop: Workshop;
let server: TestProvider;
let problems: unknown[];
beforeAll(async () => {
  workshop = makeWorkshop();
  server = await startProvider();
  const entries = names.map((name) => [name, join(root, 'examples', `${name}.ts`)]);
  problems = await bundle(Object.fromEntries(entries), workshop.dir);
}, 60_000);
afterAll(async () => {
  await server?.close();
  workshop?.remove();
});

/** Finds each text after the one before it. */
function expectInOrder(output: string, expected: readonly (string | RegExp)[]): void {
  let rest = output;
  for (const each of expected) {
    const at = typeof each === 'string' ? rest.indexOf(each) : rest.search(each);
    expect(at, `${String(each)} in what comes next:\n${rest}`).toBeGreaterThanOrEqual(0);
    rest = rest.slice(at + (typeof each === 'string' ? each.length : (each.exec(rest)?.[0].length ?? 0)));
  }
}

const run = (name: string, args: readonly string[] = [], env: Record<string, string> = {}) =>
  runNode([join(workshop.dir, `${name}.js`), ...args], { env });

test('every example is built, and told of here', () => {
  expect(problems).toEqual([]);
  expect(names.filter((name) => name !== 'demo').sort()).toEqual(Object.keys(told).sort());
});

test.each(Object.keys(told))('%s', async (name) => {
  const { code, output } = await run(name, [], { CALLM_DEMO_URL: server.url, REDIS_URL: 'redis://127.0.0.1:1' });
  expect(code, output).toBe(0);
  expectInOrder(output, told[name] ?? []);
});

test.skipIf(!hasRedis)('router-redis shares limits where there is a Redis', async () => {
  const redis = await startRedis();
  const { code, output } = await run('router-redis', [], { CALLM_DEMO_URL: server.url, REDIS_URL: redis.url });
  await redis.close();
  expect(code, output).toBe(0);
  // Calls at the turn of a minute have the limit of both.
  expect(output).toMatch(/^answered: (?:1\d|20) of 20, with 10 a minute\n/);
});

test('an example starts a server of its own when none is named', async () => {
  const { code, output } = await run('core-only');
  expect({ code, output }).toMatchObject({ code: 0, output: expect.stringContaining('small and sufficient.') });
});

describe('the demo', () => {
  test('shows the main job on three wires', async () => {
    const { code, output } = await run('demo', ['--fast']);
    expect(code, output).toBe(0);
    const wires = ['openai/gpt-4o-mini', 'anthropic/claude-haiku-4-5', 'gemini/gemini-2.5-flash'];
    const each = (text: string): string[] => wires.flatMap((model) => [model, text]);
    expectInOrder(output, [
      'A streamed answer',
      ...each('One call, any model, and every word as soon as it is there.'),
      'A tool',
      ...each('get_weather({"city":"Paris"}) -> '),
      'JSON by a schema',
      ...each("{ name: 'Ada Lovelace', age: 36 }"),
      'Embeddings',
      /openai\/text-embedding-3-small +cat ~ cat: 0\.[4-9]\d {3}cat ~ rates: -?0\.[0-2]\d/,
      /gemini\/gemini-embedding-001 +cat ~ cat: 0\.[4-9]\d/,
      'Reranking',
      /cohere\/rerank-v3\.5 +0\.\d\d "The cat sleeps on the sofa\."/,
      'Errors',
      ...each('AuthenticationError, status 401'),
      'Retries',
      ...wires.flatMap((model) => [model, /429 RateLimitError, 1\.\d s later 200: past the rate limit of/]),
      'The exact request',
      ...wires.flatMap((model) => [model, 'POST http://127.0.0.1', 'Be brief.']),
      /18 answers, cost (?:null|\$\d)/,
    ]);
    // One for each answer, and the sum.
    expect(output.match(/cost (?:null|\$\d)/g)).toHaveLength(18 + 1);
  });

  test('with a real provider and no key, says which variable is missing', async () => {
    const { code, output } = await run('demo', ['--model', 'anthropic/claude-haiku-4-5']);
    expect({ code, output }).toEqual({
      code: 1,
      output: expect.stringMatching(/^anthropic\/claude-haiku-4-5: no key\. Set ANTHROPIC_API_KEY /),
    });
  });

  test('with --model, calls the provider with the key of the environment; only the steps it has', async () => {
    const env = { OPENAI_API_KEY: 'a-key', OPENAI_API_BASE: `${server.url}/openai/v1` };
    server.requests.length = 0;
    const { code, output } = await run('demo', ['--model', 'openai/gpt-4o-mini'], env);
    expect(code, output).toBe(0);
    expectInOrder(output, ['1  A streamed answer', '2  A tool', '3  JSON by', '4  Errors', '5  The exact request']);
    expect(output).not.toMatch(/Embeddings|Reranking|Retries/);
    expect(server.requests.map(({ headers }) => headers.authorization)).toContain('Bearer a-key');
  });

  test('with --embedding and --rerank, shows those alone', async () => {
    const env = { COHERE_API_KEY: 'a-key', COHERE_API_BASE: `${server.url}/cohere` };
    const { code, output } = await run('demo', ['--rerank', 'cohere/rerank-v3.5'], env);
    expect(code, output).toBe(0);
    expectInOrder(output, ['1  Reranking', '"The cat sleeps on the sofa."']);
    expect(output).not.toMatch(/streamed|Embeddings/);
  });
});
