import { FunctionCallingConfigMode, GoogleGenAI } from '@google/genai';
import { ANSWER, ARGUMENTS, CALL_ID, LOOK, PNG, QUESTION, RESULT, SYSTEM, TEXTS, TOOL } from '../intents.mjs';

const model = 'gemini-2.5-flash';
const embedder = 'gemini-embedding-001';

const { name, description, parameters } = TOOL;
const tools = [{ functionDeclarations: [{ name, description, parametersJsonSchema: parameters }] }];
const user = (text) => ({ role: 'user', parts: [{ text }] });

/** @type {(client: GoogleGenAI, contents: import('@google/genai').ContentListUnion, config: import('@google/genai').GenerateContentConfig, of?: string) => Promise<unknown>} */
const generate = (client, contents, config, of = model) =>
  client.models.generateContent({ model: of, contents, config });

/** @type {(client: GoogleGenAI, functionCallingConfig: import('@google/genai').FunctionCallingConfig) => Promise<unknown>} */
const choose = (client, functionCallingConfig) =>
  generate(client, QUESTION, { tools, toolConfig: { functionCallingConfig } });

/** https://ai.google.dev/api */
export const gemini = {
  name: 'gemini',
  package: '@google/genai',
  model,
  options: (base) => ({ api_base: base, api_key: 'key' }),
  connect: (base) => new GoogleGenAI({ apiKey: 'key', httpOptions: { baseUrl: base } }),
  answer: (path) =>
    path.endsWith(':batchEmbedContents')
      ? { embeddings: TEXTS.map(() => ({ values: [0.25, -0.5] })) }
      : {
          candidates: [
            {
              content: {
                role: 'model',
                parts: [{ text: '{"name":"Paris","inhabitants":2102650,"rivers":["Seine"]}' }],
              },
              finishReason: 'STOP',
              index: 0,
            },
          ],
          usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 4, totalTokenCount: 13 },
          modelVersion: model,
          responseId: 'answer-1',
        },
  defaults: {
    'body.generationConfig': {},
    'body.requests[*].content.role': 'user',
    'body.systemInstruction.role': 'user',
    'body.toolConfig': { functionCallingConfig: { mode: 'AUTO' } },
  },
  /** @type {import('../cases.mjs').Cases<GoogleGenAI>} */
  cases: {
    system: (client) => generate(client, QUESTION, { systemInstruction: SYSTEM }),
    turns: (client) =>
      generate(
        client,
        [user('Name a river.'), { role: 'model', parts: [{ text: 'The Seine.' }] }, user('And another.')],
        { systemInstruction: SYSTEM },
      ),
    tools: (client) => choose(client, { mode: FunctionCallingConfigMode.AUTO }),
    'tool required': (client) => choose(client, { mode: FunctionCallingConfigMode.ANY }),
    'tool named': (client) => choose(client, { mode: FunctionCallingConfigMode.ANY, allowedFunctionNames: [name] }),
    'tool result': (client) =>
      generate(
        client,
        [
          user(QUESTION),
          { role: 'model', parts: [{ functionCall: { name, args: ARGUMENTS } }] },
          { role: 'user', parts: [{ functionResponse: { name, response: JSON.parse(RESULT) } }] },
        ],
        { tools },
      ),
    'tool result, third generation': {
      model: 'gemini-3-flash-preview',
      endpoint: 'completion',
      params: {
        messages: [
          { role: 'user', content: QUESTION },
          {
            role: 'assistant',
            content: null,
            tool_calls: [
              {
                id: CALL_ID,
                type: 'function',
                function: { name, arguments: JSON.stringify(ARGUMENTS) },
                provider_specific_fields: { thought_signature: 'c2lnbmVk' },
              },
            ],
          },
          { role: 'tool', tool_call_id: CALL_ID, content: RESULT },
        ],
        tools: [{ type: 'function', function: TOOL }],
      },
      sdk: (client) =>
        generate(
          client,
          [
            user(QUESTION),
            {
              role: 'model',
              parts: [{ functionCall: { id: CALL_ID, name, args: ARGUMENTS }, thoughtSignature: 'c2lnbmVk' }],
            },
            { role: 'user', parts: [{ functionResponse: { id: CALL_ID, name, response: JSON.parse(RESULT) } }] },
          ],
          { tools },
          'gemini-3-flash-preview',
        ),
    },
    image: (client) =>
      generate(
        client,
        [{ role: 'user', parts: [{ text: LOOK }, { inlineData: { mimeType: 'image/png', data: PNG } }] }],
        {},
      ),
    schema: (client) =>
      generate(client, QUESTION, { responseMimeType: 'application/json', responseJsonSchema: ANSWER }),
    limits: (client) =>
      generate(client, QUESTION, { maxOutputTokens: 64, temperature: 0.3, stopSequences: ['END', 'STOP'] }),
    thinking: (client) =>
      generate(client, QUESTION, { thinkingConfig: { thinkingBudget: 4096, includeThoughts: true } }),
    embeddings: {
      model: embedder,
      sdk: (client) => client.models.embedContent({ model: embedder, contents: TEXTS }),
    },
    'embeddings of a size': {
      model: embedder,
      endpoint: 'embedding',
      params: { input: TEXTS, dimensions: 2, input_type: 'search_query' },
      sdk: (client) =>
        client.models.embedContent({
          model: embedder,
          contents: TEXTS,
          config: { outputDimensionality: 2, taskType: 'RETRIEVAL_QUERY' },
        }),
    },
  },
};
