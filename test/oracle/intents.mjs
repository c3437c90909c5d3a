// What a caller wants, in OpenAI's shape: the params that callm gets. The vendors' files say the same to their SDKs.

export const SYSTEM = 'You answer in one sentence.';
export const QUESTION = 'What is the weather like in Paris?';
export const LOOK = 'What is in this picture?';

/** One red pixel. */
export const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==';
export const PNG_URL = `data:image/png;base64,${PNG}`;

export const TOOL = {
  name: 'get_weather',
  description: 'The weather of a city, now.',
  parameters: {
    type: 'object',
    properties: {
      city: { type: 'string', description: 'The name of the city' },
      unit: { type: 'string', enum: ['celsius', 'fahrenheit'] },
    },
    required: ['city'],
    additionalProperties: false,
  },
};
export const CALL_ID = 'call_8WsPn2VqZ';
export const ARGUMENTS = { city: 'Paris', unit: 'celsius' };
export const RESULT = '{"celsius":21,"sky":"clear"}';

/** Keywords that every vendor's structured output takes, all properties required, none further. */
export const ANSWER_NAME = 'city';
export const ANSWER = {
  type: 'object',
  properties: {
    name: { type: 'string' },
    inhabitants: { type: 'integer' },
    rivers: { type: 'array', items: { type: 'string' } },
  },
  required: ['name', 'inhabitants', 'rivers'],
  additionalProperties: false,
};

export const TEXTS = ['The Seine runs through Paris.', 'The Danube runs through Vienna.'];
export const QUERY = 'Which river runs through Vienna?';

const system = { role: 'system', content: SYSTEM };
const question = { role: 'user', content: QUESTION };
const tools = [{ type: 'function', function: TOOL }];
const call = {
  id: CALL_ID,
  type: 'function',
  function: { name: TOOL.name, arguments: JSON.stringify(ARGUMENTS) },
};

const chat = (params) => ({ endpoint: 'completion', params });

/** By the name of the case; `endpoint` is the name of callm's function. */
export const intents = {
  system: chat({ messages: [system, question] }),
  turns: chat({
    messages: [
      system,
      { role: 'user', content: 'Name a river.' },
      { role: 'assistant', content: 'The Seine.' },
      { role: 'user', content: 'And another.' },
    ],
  }),
  tools: chat({ messages: [question], tools, tool_choice: 'auto' }),
  'tool required': chat({ messages: [question], tools, tool_choice: 'required' }),
  'tool named': chat({
    messages: [question],
    tools,
    tool_choice: { type: 'function', function: { name: TOOL.name } },
  }),
  'tool result': chat({
    messages: [
      question,
      { role: 'assistant', content: null, tool_calls: [call] },
      { role: 'tool', tool_call_id: CALL_ID, content: RESULT },
    ],
    tools,
  }),
  image: chat({
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
  schema: chat({
    messages: [question],
    response_format: { type: 'json_schema', json_schema: { name: ANSWER_NAME, schema: ANSWER, strict: true } },
  }),
  limits: chat({ messages: [question], max_tokens: 64, temperature: 0.3, stop: ['END', 'STOP'] }),
  thinking: chat({ messages: [question], reasoning_effort: 'high' }),
  embeddings: { endpoint: 'embedding', params: { input: TEXTS } },
  rerank: { endpoint: 'rerank', params: { query: QUERY, documents: TEXTS, top_n: 1 } },
};
