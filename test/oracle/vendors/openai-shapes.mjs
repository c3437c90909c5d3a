// OpenAI's format, which Azure serves under other addresses.
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

export const chatAnswer = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1764000000,
  model: 'a-model',
  choices: [
    {
      index: 0,
      message: {
        role: 'assistant',
        content: '{"name":"Paris","inhabitants":2102650,"rivers":["Seine"]}',
        refusal: null,
      },
      logprobs: null,
      finish_reason: 'stop',
    },
  ],
  usage: { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 },
};

const vector = Buffer.from(new Float32Array([0.25, -0.5]).buffer).toString('base64');

export const embeddingsAnswer = {
  object: 'list',
  data: TEXTS.map((_text, index) => ({ object: 'embedding', index, embedding: vector })),
  model: 'a-model',
  usage: { prompt_tokens: 12, total_tokens: 12 },
};

/** @type {import('openai').OpenAI.ChatCompletionMessageParam} */
const question = { role: 'user', content: QUESTION };
/** @type {import('openai').OpenAI.ChatCompletionTool[]} */
const tools = [{ type: 'function', function: TOOL }];

/**
 * Cases for openai-node and its Azure client.
 *
 * @type {(models: { model: string, reasoner: string, embedder: string }) => import('../cases.mjs').Cases<import('openai').OpenAI>}
 */
export const chatCases = ({ model, reasoner, embedder }) => {
  /** @type {(client: import('openai').OpenAI, params: Omit<import('openai').OpenAI.ChatCompletionCreateParamsNonStreaming, 'model'>, name?: string) => Promise<unknown>} */
  const chat = (client, params, name = model) => client.chat.completions.create({ model: name, ...params });
  return {
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
    'tool named': (client) =>
      chat(client, {
        messages: [question],
        tools,
        tool_choice: { type: 'function', function: { name: TOOL.name } },
      }),
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
    'limits of a reasoner': {
      model: reasoner,
      endpoint: 'completion',
      params: { messages: [question], max_tokens: 64 },
      // Reasoning models refuse `max_tokens`.
      sdk: (client) => chat(client, { messages: [question], max_completion_tokens: 64 }, reasoner),
    },
    thinking: {
      model: reasoner,
      sdk: (client) => chat(client, { messages: [question], reasoning_effort: 'high' }, reasoner),
    },
    embeddings: {
      model: embedder,
      sdk: (client) => client.embeddings.create({ model: embedder, input: TEXTS }),
    },
    'embeddings of a size': {
      model: embedder,
      endpoint: 'embedding',
      params: { input: TEXTS[0], dimensions: 2 },
      sdk: (client) => client.embeddings.create({ model: embedder, input: TEXTS[0], dimensions: 2 }),
    },
  };
};
