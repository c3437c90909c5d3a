import { CohereClientV2 } from 'cohere-ai';
import {
  ANSWER,
  ARGUMENTS,
  CALL_ID,
  LOOK,
  PNG_URL,
  QUERY,
  QUESTION,
  RESULT,
  SYSTEM,
  TEXTS,
  TOOL,
} from '../intents.mjs';

const model = 'command-a-03-2025';
const seeing = 'command-a-vision-07-2025';
const reasoner = 'command-a-reasoning-08-2025';

/** @type {import('cohere-ai').Cohere.ToolV2[]} */
const tools = [{ type: 'function', function: TOOL }];
/** @type {import('cohere-ai').Cohere.ChatMessageV2} */
const question = { role: 'user', content: QUESTION };

/** @type {(client: CohereClientV2, params: Omit<import('cohere-ai').Cohere.V2ChatRequest, 'model'>, of?: string) => Promise<unknown>} */
const chat = (client, params, of = model) => client.chat({ model: of, ...params });

const answers = {
  '/v2/chat': {
    id: 'answer-1',
    finish_reason: 'COMPLETE',
    message: {
      role: 'assistant',
      content: [{ type: 'text', text: '{"name":"Paris","inhabitants":2102650,"rivers":["Seine"]}' }],
    },
    usage: { tokens: { input_tokens: 9, output_tokens: 4 } },
  },
  '/v2/embed': {
    id: 'answer-1',
    response_type: 'embeddings_by_type',
    embeddings: { float: TEXTS.map(() => [0.25, -0.5]) },
    texts: TEXTS,
    meta: { billed_units: { input_tokens: 12 } },
  },
  '/v2/rerank': { id: 'answer-1', results: [{ index: 1, relevance_score: 0.9 }], meta: {} },
};

/** https://docs.cohere.com/reference/about */
export const cohere = {
  name: 'cohere',
  package: 'cohere-ai',
  model,
  options: (base) => ({ api_base: base, api_key: 'key' }),
  connect: (base) => new CohereClientV2({ token: 'key', environment: base }),
  answer: (path) => answers[path],
  defaults: { 'body.stream': false },
  /** @type {import('../cases.mjs').Cases<CohereClientV2>} */
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
    tools: (client) => chat(client, { messages: [question], tools }),
    'tool required': (client) => chat(client, { messages: [question], tools, toolChoice: 'REQUIRED' }),
    // There is no choice among tools: the named one is required, and sent alone.
    'tool named': (client) => chat(client, { messages: [question], tools, toolChoice: 'REQUIRED' }),
    'tool result': (client) =>
      chat(client, {
        messages: [
          question,
          {
            role: 'assistant',
            toolCalls: [
              { id: CALL_ID, type: 'function', function: { name: TOOL.name, arguments: JSON.stringify(ARGUMENTS) } },
            ],
          },
          { role: 'tool', toolCallId: CALL_ID, content: RESULT },
        ],
        tools,
      }),
    image: {
      model: seeing,
      sdk: (client) =>
        chat(
          client,
          {
            messages: [
              {
                role: 'user',
                content: [
                  { type: 'text', text: LOOK },
                  { type: 'image_url', imageUrl: { url: PNG_URL } },
                ],
              },
            ],
          },
          seeing,
        ),
    },
    schema: (client) =>
      chat(client, { messages: [question], responseFormat: { type: 'json_object', jsonSchema: ANSWER } }),
    limits: (client) =>
      chat(client, { messages: [question], maxTokens: 64, temperature: 0.3, stopSequences: ['END', 'STOP'] }),
    thinking: {
      model: reasoner,
      endpoint: 'completion',
      params: { messages: [question], thinking: { type: 'enabled', budget_tokens: 2048 } },
      sdk: (client) =>
        chat(client, { messages: [question], thinking: { type: 'enabled', tokenBudget: 2048 } }, reasoner),
    },
    embeddings: {
      model: 'embed-v4.0',
      endpoint: 'embedding',
      params: { input: TEXTS, input_type: 'search_query', dimensions: 256 },
      sdk: (client) =>
        client.embed({
          model: 'embed-v4.0',
          texts: TEXTS,
          inputType: 'search_query',
          outputDimension: 256,
          embeddingTypes: ['float'],
        }),
    },
    rerank: {
      model: 'rerank-v3.5',
      sdk: (client) => client.rerank({ model: 'rerank-v3.5', query: QUERY, documents: TEXTS, topN: 1 }),
    },
  },
};
