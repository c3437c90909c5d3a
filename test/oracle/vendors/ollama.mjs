import { Ollama } from 'ollama';
import { ANSWER, ARGUMENTS, LOOK, PNG, QUESTION, RESULT, SYSTEM, TEXTS, TOOL } from '../intents.mjs';

const model = 'qwen3';
const embedder = 'embeddinggemma';

const tools = [{ type: 'function', function: TOOL }];
const question = { role: 'user', content: QUESTION };

/** @type {(client: Ollama, params: Omit<import('ollama').ChatRequest, 'model' | 'stream'>) => Promise<unknown>} */
const chat = (client, params) => client.chat({ model, ...params });

/** https://docs.ollama.com/api/chat */
export const ollama = {
  name: 'ollama',
  package: 'ollama',
  model,
  options: (base) => ({ api_base: base }),
  connect: (base) => new Ollama({ host: base }),
  answer: (path) =>
    path === '/api/embed'
      ? { model: embedder, embeddings: TEXTS.map(() => [0.25, -0.5]), prompt_eval_count: 12 }
      : {
          model,
          created_at: '2026-11-21T12:00:00Z',
          message: { role: 'assistant', content: '{"name":"Paris","inhabitants":2102650,"rivers":["Seine"]}' },
          done: true,
          done_reason: 'stop',
          prompt_eval_count: 9,
          eval_count: 4,
        },
  defaults: {},
  /** @type {import('../cases.mjs').Cases<Ollama>} */
  cases: {
    system: (client) => chat(client, { messages: [{ role: 'system', content: SYSTEM }, question] }),
    turns: (client) =>
      chat(client, {
        messages: [
          { role: 'system', content: SYSTEM },
          { role: 'user', content: 'Name a river.' },
          { role: 'assistant', content: 'The Seine.' },
          { role: 'user', content: 'And another.' },
        ],
      }),
    // The model alone decides whether it calls one.
    tools: (client) => chat(client, { messages: [question], tools }),
    'tool result': (client) =>
      chat(client, {
        messages: [
          question,
          { role: 'assistant', content: '', tool_calls: [{ function: { name: TOOL.name, arguments: ARGUMENTS } }] },
          { role: 'tool', content: RESULT, tool_name: TOOL.name },
        ],
        tools,
      }),
    image: (client) => chat(client, { messages: [{ role: 'user', content: LOOK, images: [PNG] }] }),
    schema: (client) => chat(client, { messages: [question], format: ANSWER }),
    limits: (client) =>
      chat(client, {
        messages: [question],
        options: { num_predict: 64, temperature: 0.3, stop: ['END', 'STOP'] },
      }),
    thinking: (client) => chat(client, { messages: [question], think: true }),
    embeddings: {
      model: embedder,
      sdk: (client) => client.embed({ model: embedder, input: TEXTS }),
    },
    'embeddings of a size': {
      model: embedder,
      endpoint: 'embedding',
      params: { input: TEXTS, dimensions: 2 },
      sdk: (client) => client.embed({ model: embedder, input: TEXTS, dimensions: 2 }),
    },
  },
};
