// Errors and retries. Run: npm run build && npx tsx examples/errors-retries.ts
import {
  APIError,
  AuthenticationError,
  CallmError,
  completion,
  ContextWindowExceededError,
  NotFoundError,
  UnsupportedParamsError,
} from 'callm';
import { offline } from './offline.js';

const server = await offline();
const say = (content: string) => [{ role: 'user' as const, content }];

// One taxonomy, whatever the provider: classes and fields are those of the OpenAI SDK.
for (const model of ['openai/gpt-4o-mini', 'anthropic/claude-haiku-4-5', 'gemini/gemini-2.5-flash']) {
  try {
    await completion({ model, messages: say('hello'), api_key: 'bad-key' });
  } catch (error) {
    if (!(error instanceof AuthenticationError)) throw error;
    console.log(`${error.llm_provider}: ${error.name}, status ${error.status}: ${error.message}`);
  }
}

// What is worth repeating is repeated (connection errors, 408, 409, 429, 5xx), never earlier than Retry-After says.
const answer = await completion({ model: 'openai/gpt-4o-mini', messages: say('Say: through the rate limit') });
for (const attempt of answer._hidden_params.attempts)
  console.log(`attempt: ${attempt.error ?? attempt.status}, after ${attempt.end?.toFixed(2)} s`);

// `num_retries: 0` switches that off; the error tells how long to wait.
const once = completion({ model: 'openai/gpt-4o-mini', messages: say('another rate limit'), num_retries: 0 });
await once.catch((error: unknown) => {
  if (!(error instanceof APIError)) throw error;
  console.log(`${error.name}, retry after ${error.retry_after} s, request ${error.request_id}`);
});

// Refused before anything is sent, naming the field.
const problems = [
  () => completion({ model: 'openai/missing-model', messages: say('hello') }),
  () => completion({ model: 'opnai/gpt-4o-mini', messages: say('hello') }),
  () => completion({ model: 'anthropic/claude-haiku-4-5', messages: say('hello'), logprobs: true }),
  () => completion({ model: 'openai/gpt-4o-mini', messages: say('hello'), timeout: 30_000 }),
];
for (const call of problems) {
  try {
    await call();
  } catch (error) {
    if (error instanceof NotFoundError) console.log(`not found: ${error.message}`);
    else if (error instanceof UnsupportedParamsError) console.log(`unsupported ${error.param}: ${error.message}`);
    else if (error instanceof ContextWindowExceededError) console.log('too long');
    // Recognises errors of this library across copies of the package.
    else if (CallmError.is(error)) console.log(`${error.name}: ${error.message}`);
    else throw error;
  }
}

await server.close();
