import { Mistral } from '@mistralai/mistralai';
import { ANSWER, ANSWER_NAME, ARGUMENTS, LOOK, PNG_URL, QUESTION, RESULT, SYSTEM, TEXTS, TOOL } from '../intents.mjs';
import { chatAnswer } from './openai-shapes.mjs';

const model = 'mistral-medium-latest';
const embedder = 'mistral-embed';

/** @type {{ type: 'function', function: typeof TOOL }[]} */
const tools = [{ type: 'function', function: TOOL }];
/** @type {{ role: 'user', content: string }} */
const question = { role: 'user', content: QUESTION };
/** Ids are nine letters and digits there. */
const id = 'abcdefghi';

/** @type {(client: Mistral, params: Omit<import('@mistralai/mistralai/models/components').ChatCompletionRequest, 'model'>) => Promise<unknown>} */
const chat = (client, params) => client.chat.complete({ model, ...params });

/** https://docs.mistral.ai/api/ */
export const mistral = {
  name: 'mistral',
  package: '@mistralai/mistralai',
  model,
  options: (base) => ({ api_base: `${base}/v1`, api_key: 'key' }),
  connect: (base) => new Mistral({ apiKey: 'key', serverURL: base }),
  answer: (path) =>
    path === '/v1/embeddings'
      ? {
          id: 'answer-1',
          object: 'list',
          model: embedder,
          data: TEXTS.map((_text, index) => ({ object: 'embedding', index, embedding: [0.25, -0.5] })),
          usage: { prompt_tokens: 12, completion_tokens: 0, total_tokens: 12 },
        }
      : chatAnswer,
  defaults: {
    'body.stream': false,
    'body.tool_choice': 'auto',
    'body.tools[*].function.strict': false,
    'body.messages[*].prefix': false,
    'body.messages[*].tool_calls[*].index': 0,
  },
  /** @type {import('../cases.mjs').Cases<Mistral>} */
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
    tools: (client) => chat(client, { messages: [question], tools, toolChoice: 'auto' }),
    'tool required': (client) => chat(client, { messages: [question], tools, toolChoice: 'any' }),
    'tool named': (client) =>
      chat(client, {
        messages: [question],
        tools,
        toolChoice: { type: 'function', function: { name: TOOL.name } },
      }),
    'tool result': (client) =>
      chat(client, {
        messages: [
          question,
          {
            role: 'assistant',
            toolCalls: [{ id, function: { name: TOOL.name, arguments: JSON.stringify(ARGUMENTS) } }],
          },
          { role: 'tool', toolCallId: id, content: RESULT },
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
              { type: 'image_url', imageUrl: PNG_URL },
            ],
          },
        ],
      }),
    schema: (client) =>
      chat(client, {
        messages: [question],
        responseFormat: {
          type: 'json_schema',
          jsonSchema: { name: ANSWER_NAME, schemaDefinition: ANSWER, strict: true },
        },
      }),
    limits: (client) => chat(client, { messages: [question], maxTokens: 64, temperature: 0.3, stop: ['END', 'STOP'] }),
    thinking: (client) => chat(client, { messages: [question], reasoningEffort: 'high' }),
    'thinking handed back': {
      endpoint: 'completion',
      params: {
        messages: [
          question,
          { role: 'assistant', content: 'It is sunny.', reasoning_content: 'Paris in June.' },
          { role: 'user', content: 'And tomorrow?' },
        ],
      },
      sdk: (client) =>
        chat(client, {
          messages: [
            question,
            {
              role: 'assistant',
              content: [
                { type: 'thinking', thinking: [{ type: 'text', text: 'Paris in June.' }] },
                { type: 'text', text: 'It is sunny.' },
              ],
            },
            { role: 'user', content: 'And tomorrow?' },
          ],
        }),
    },
    embeddings: {
      model: embedder,
      sdk: (client) => client.embeddings.create({ model: embedder, inputs: TEXTS }),
    },
    'embeddings of a size': {
      model: 'codestral-embed',
      endpoint: 'embedding',
      params: { input: TEXTS, dimensions: 2 },
      sdk: (client) => client.embeddings.create({ model: 'codestral-embed', inputs: TEXTS, outputDimension: 2 }),
    },
  },
};
