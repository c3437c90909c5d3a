import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { ANSWER, ANSWER_NAME, ARGUMENTS, CALL_ID, LOOK, PNG, QUESTION, RESULT, SYSTEM, TOOL } from '../intents.mjs';

const model = 'anthropic.claude-opus-4-6-v1:0';
const region = 'us-east-1';

const { name, description, parameters } = TOOL;
const tools = [{ toolSpec: { name, description, inputSchema: { json: parameters } } }];

/** @typedef {import('@aws-sdk/client-bedrock-runtime').Message} Message */
/** @typedef {import('@aws-sdk/client-bedrock-runtime').ConverseCommandInput} ConverseInput */

/** @type {(role: 'user' | 'assistant', text: string) => Message} */
const says = (role, text) => ({ role, content: [{ text }] });

/** @type {(client: BedrockRuntimeClient, input: Partial<ConverseInput>) => Promise<unknown>} */
const converse = (client, input) =>
  client.send(new ConverseCommand({ modelId: model, messages: [says('user', QUESTION)], ...input }));

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html */
export const bedrock = {
  name: 'bedrock',
  package: '@aws-sdk/client-bedrock-runtime',
  model,
  options: (base) => ({ api_base: base, api_key: 'key', aws_region_name: region }),
  connect: (base) =>
    new BedrockRuntimeClient({
      region,
      endpoint: base,
      token: { token: 'key' },
      authSchemePreference: ['httpBearerAuth'],
      // Its own handler speaks HTTP/2.
      requestHandler: new NodeHttpHandler(),
      maxAttempts: 1,
    }),
  answer: () => ({
    output: {
      message: {
        role: 'assistant',
        content: [{ text: '{"name":"Paris","inhabitants":2102650,"rivers":["Seine"]}' }],
      },
    },
    stopReason: 'end_turn',
    usage: { inputTokens: 9, outputTokens: 4, totalTokens: 13 },
    metrics: { latencyMs: 10 },
  }),
  defaults: { 'body.inferenceConfig': {}, 'body.toolConfig.toolChoice': { auto: {} } },
  /** @type {import('../cases.mjs').Cases<BedrockRuntimeClient>} */
  cases: {
    system: (client) => converse(client, { system: [{ text: SYSTEM }] }),
    turns: (client) =>
      converse(client, {
        system: [{ text: SYSTEM }],
        messages: [says('user', 'Name a river.'), says('assistant', 'The Seine.'), says('user', 'And another.')],
      }),
    tools: (client) => converse(client, { toolConfig: { tools, toolChoice: { auto: {} } } }),
    'tool required': (client) => converse(client, { toolConfig: { tools, toolChoice: { any: {} } } }),
    'tool named': (client) => converse(client, { toolConfig: { tools, toolChoice: { tool: { name } } } }),
    'tool result': (client) =>
      converse(client, {
        messages: [
          says('user', QUESTION),
          { role: 'assistant', content: [{ toolUse: { toolUseId: CALL_ID, name, input: ARGUMENTS } }] },
          { role: 'user', content: [{ toolResult: { toolUseId: CALL_ID, content: [{ text: RESULT }] } }] },
        ],
        toolConfig: { tools },
      }),
    image: (client) =>
      converse(client, {
        messages: [
          {
            role: 'user',
            content: [{ text: LOOK }, { image: { format: 'png', source: { bytes: Buffer.from(PNG, 'base64') } } }],
          },
        ],
      }),
    schema: (client) =>
      converse(client, {
        outputConfig: {
          textFormat: {
            type: 'json_schema',
            structure: { jsonSchema: { name: ANSWER_NAME, schema: JSON.stringify(ANSWER) } },
          },
        },
      }),
    limits: (client) =>
      converse(client, { inferenceConfig: { maxTokens: 64, temperature: 0.3, stopSequences: ['END', 'STOP'] } }),
    thinking: (client) =>
      converse(client, {
        additionalModelRequestFields: { thinking: { type: 'adaptive' }, output_config: { effort: 'high' } },
      }),
    'thinking handed back': {
      endpoint: 'completion',
      params: {
        messages: [
          { role: 'user', content: QUESTION },
          {
            role: 'assistant',
            content: 'It is sunny.',
            thinking_blocks: [{ type: 'thinking', thinking: 'Paris in June.', signature: 'c2lnbmVk' }],
          },
          { role: 'user', content: 'And tomorrow?' },
        ],
        thinking: { type: 'adaptive' },
      },
      sdk: (client) =>
        converse(client, {
          messages: [
            says('user', QUESTION),
            {
              role: 'assistant',
              content: [
                { reasoningContent: { reasoningText: { text: 'Paris in June.', signature: 'c2lnbmVk' } } },
                { text: 'It is sunny.' },
              ],
            },
            says('user', 'And tomorrow?'),
          ],
          additionalModelRequestFields: { thinking: { type: 'adaptive' } },
        }),
    },
  },
};
