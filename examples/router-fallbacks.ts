// Failures that the caller never sees, and those it does. Run: npm run build && npx tsx examples/router-fallbacks.ts
import { APIError, Router } from 'callm';
import { startProvider } from 'callm/testing';
import { offline } from './offline.js';

const server = await offline();
// A provider that is overloaded for its first two requests.
let asked = 0;
const overloaded = { status: 503, body: { error: { message: 'overloaded' } } };
const shaky = await startProvider({ script: () => (++asked <= 2 ? overloaded : undefined) });
const say = (content: string) => [{ role: 'user' as const, content }];

const router = new Router({
  cooldown_time: 0.5,
  allowed_fails: 1,
  model_list: [
    {
      model_name: 'chat',
      litellm_params: { model: 'openai/gpt-4.1-mini', api_base: `${shaky.url}/openai/v1`, weight: 1 },
      model_info: { id: 'shaky' },
    },
    {
      model_name: 'chat',
      litellm_params: { model: 'anthropic/claude-haiku-4-5', weight: 0 },
      model_info: { id: 'steady' },
    },
    { model_name: 'gone', litellm_params: { model: 'openai/missing-model' }, model_info: { id: 'gone' } },
  ],
  fallbacks: [{ gone: ['chat'] }],
});
await router.on('cooldown', (event) => {
  if (event.type === 'cooldown') console.log(`  cooldown: ${event.deployment}, ${event.seconds} s, ${event.error}`);
});
await router.on('recovered', (event) => {
  if (event.type === 'recovered') console.log(`  recovered: ${event.deployment}`);
});
await router.on('fallback', (event) => {
  if (event.type === 'fallback') console.log(`  fallback: ${event.from} -> ${event.to}, ${event.error}`);
});

async function ask(model: string, content: string): Promise<void> {
  const { choices, _hidden_params } = await router.completion({ model, messages: say(content) });
  const tried = _hidden_params.attempts.map(({ deployment, status }) => `${deployment} ${status}`).join(', ');
  console.log(`${choices[0]?.message.content}: ${tried}`);
}

// Each call is answered; the second failure sends the first deployment into a cooldown.
await ask('chat', 'Say: first');
await ask('chat', 'Say: second');
await ask('chat', 'Say: while it cools down');
await new Promise((resolve) => setTimeout(resolve, 600));
await ask('chat', 'Say: back again');

// Another group stands in.
await ask('gone', 'Say: by the fallback');

// When nothing helps, the error has every attempt.
await router.completion({ model: 'gone', messages: say('Hello'), disable_fallbacks: true }).catch((error: unknown) => {
  if (!(error instanceof APIError)) throw error;
  console.log(`${error.name}: ${error.attempts.map(({ deployment, status }) => `${deployment} ${status}`).join(', ')}`);
});

await router.close();
await shaky.close();
await server.close();
