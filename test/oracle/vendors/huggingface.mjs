import { InferenceClient } from '@huggingface/inference';
import {
  ANSWER,
  ANSWER_NAME,
  ARGUMENTS,
  CALL_ID,
  LOOK,
  PNG_URL,
  QUESTION,
  RESULT,
  SYSTEM,
  TEXTS,
  TOOL,
} from '../intents.mjs';
import { rerouted } from '../recorder.mjs';
import { chatAnswer } from './openai-shapes.mjs';

const model = 'Qwen/Qwen3-32B';
const embedder = 'intfloat/multilingual-e5-large';

const question = { role: 'user', content: QUESTION };
const tools = [{ type: 'function', function: TOOL }];

/** @type {(client: InferenceClient, params: import('@huggingface/tasks').ChatCompletionInput, of?: string) => Promise<unknown>} */
const chat = (client, params, of = model) => client.chatCompletion({ model: of, ...params });

/** https://huggingface.co/docs/inference-providers: both sides go to the router, whose host is the recorder's here. */
export const huggingface = {
  name: 'huggingface',
  package: '@huggingface/inference',
  model,
  options: () => ({ api_key: 'hf_key' }),
  clientOptions: (base) => ({
    transport: ({ url, ...request }, signal) => fetch(rerouted(base, url), { ...request, signal }),
  }),
  connect: (base) => new InferenceClient('hf_key', { fetch: (url, init) => fetch(rerouted(base, String(url)), init) }),
  answer: (path) =>
    path.startsWith('/api/models/')
      ? {
          inferenceProviderMapping: {
            'hf-inference': { providerId: embedder, status: 'live', task: 'feature-extraction' },
          },
        }
      : path.endsWith('/feature-extraction')
        ? TEXTS.map(() => [0.25, -0.5])
        : chatAnswer,
  /** The SDK asks the hub where a model runs; callm has the router decide. */
  ignored: /^\/api\/models\//,
  defaults: { 'body.tool_choice': 'auto' },
  /** @type {import('../cases.mjs').Cases<InferenceClient>} */
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
    tools: (client) => chat(client, { messages: [question], tools, tool_choice: 'auto' }),
    'tool required': (client) => chat(client, { messages: [question], tools, tool_choice: 'required' }),
    'tool result': (client) =>
      chat(client, {
        messages: [
          question,
          {
            role: 'assistant',
            tool_calls: [
              { id: CALL_ID, type: 'function', function: { name: TOOL.name, arguments: JSON.stringify(ARGUMENTS) } },
            ],
          },
          { role: 'tool', tool_call_id: CALL_ID, content: RESULT },
        ],
        tools,
      }),
    image: (client) =>
      chat(client, {
        messages: [
          {
            role: 'user',
            content: [
              { type: 'text', text: LOOK },
              { type: 'image_url', image_url: { url: PNG_URL } },
            ],
          },
        ],
      }),
    schema: (client) =>
      chat(client, {
        messages: [question],
        response_format: { type: 'json_schema', json_schema: { name: ANSWER_NAME, schema: ANSWER, strict: true } },
      }),
    limits: (client) => chat(client, { messages: [question], max_tokens: 64, temperature: 0.3, stop: ['END', 'STOP'] }),
    thinking: (client) => chat(client, { messages: [question], reasoning_effort: 'high' }),
    'a chosen provider': {
      model: `together/${model}`,
      endpoint: 'completion',
      params: { messages: [question] },
      // The router's own form of the choice.
      sdk: (client) => chat(client, { messages: [question] }, `${model}:together`),
    },
    embeddings: {
      model: embedder,
      sdk: (client) => client.featureExtraction({ model: embedder, provider: 'hf-inference', inputs: TEXTS }),
    },
  },
};
