// The Messages API: https://platform.claude.com/docs/en/api/messages
import { ANSWER, ARGUMENTS, CALL_ID, LOOK, PNG, QUESTION, RESULT, SYSTEM, TOOL, intents } from '../intents.mjs';

export const model = 'claude-opus-4-6';
/** Required there; callm sends the model's own limit unless told. */
const max_tokens = 1024;

const { name, description, parameters } = TOOL;
/** @type {import('@anthropic-ai/sdk').Anthropic.Tool[]} */
const tools = [{ name, description, input_schema: { ...parameters, type: 'object' } }];
/** @type {import('@anthropic-ai/sdk').Anthropic.MessageParam} */
const question = { role: 'user', content: QUESTION };

/** @typedef {import('@anthropic-ai/sdk').Anthropic} Anthropic */
/** @typedef {import('@anthropic-ai/sdk').Anthropic.MessageCreateParamsNonStreaming} Params */
/**
 * `temperature`: left out of the SDK's types, since the newest models refuse it; the model here takes it.
 *
 * @typedef {Partial<Params> & Pick<Params, 'messages'> & { temperature?: number }} Given
 */

/** @type {(client: Anthropic, params: Given, of?: string) => Promise<unknown>} */
const create = (client, params, of = model) => client.messages.create({ model: of, max_tokens, ...params });

/**
 * The intent of that name, with the limit.
 *
 * @type {(intent: string, sdk: (client: Anthropic) => Promise<unknown>) => import('../cases.mjs').Case<Anthropic>}
 */
const limited = (intent, sdk) => ({
  endpoint: 'completion',
  params: { max_tokens, ...intents[intent].params },
  sdk,
});

export const answer = () => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model,
  content: [{ type: 'text', text: '{"name":"Paris","inhabitants":2102650,"rivers":["Seine"]}' }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 9, output_tokens: 4 },
});

export const defaults = { 'body.tool_choice': { type: 'auto' }, 'body.tools[*].type': 'custom' };

/** @type {import('../cases.mjs').Cases<Anthropic>} */
export const cases = {
  system: limited('system', (client) => create(client, { system: SYSTEM, messages: [question] })),
  turns: limited('turns', (client) =>
    create(client, {
      system: SYSTEM,
      messages: [
        { role: 'user', content: 'Name a river.' },
        { role: 'assistant', content: 'The Seine.' },
        { role: 'user', content: 'And another.' },
      ],
    }),
  ),
  tools: limited('tools', (client) => create(client, { messages: [question], tools, tool_choice: { type: 'auto' } })),
  'tool required': limited('tool required', (client) =>
    create(client, { messages: [question], tools, tool_choice: { type: 'any' } }),
  ),
  'tool named': limited('tool named', (client) =>
    create(client, { messages: [question], tools, tool_choice: { type: 'tool', name } }),
  ),
  'tool result': limited('tool result', (client) =>
    create(client, {
      messages: [
        question,
        { role: 'assistant', content: [{ type: 'tool_use', id: CALL_ID, name, input: ARGUMENTS }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: CALL_ID, content: RESULT }] },
      ],
      tools,
    }),
  ),
  image: limited('image', (client) =>
    create(client, {
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: LOOK },
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } },
          ],
        },
      ],
    }),
  ),
  schema: limited('schema', (client) =>
    create(client, {
      messages: [question],
      output_config: { format: { type: 'json_schema', schema: ANSWER } },
    }),
  ),
  limits: limited('limits', (client) =>
    create(client, {
      messages: [question],
      max_tokens: 64,
      stop_sequences: ['END', 'STOP'],
      temperature: 0.3,
    }),
  ),
  thinking: limited('thinking', (client) =>
    create(client, {
      messages: [question],
      thinking: { type: 'adaptive' },
      output_config: { effort: 'high' },
    }),
  ),
  'thinking within a budget': {
    model: 'claude-haiku-4-5',
    endpoint: 'completion',
    params: {
      messages: [question],
      max_tokens: 4096,
      thinking: { type: 'enabled', budget_tokens: 2048 },
    },
    sdk: (client) =>
      create(
        client,
        { messages: [question], max_tokens: 4096, thinking: { type: 'enabled', budget_tokens: 2048 } },
        'claude-haiku-4-5',
      ),
  },
  'thinking handed back': {
    endpoint: 'completion',
    params: {
      messages: [
        question,
        {
          role: 'assistant',
          content: 'It is sunny.',
          thinking_blocks: [{ type: 'thinking', thinking: 'Paris in June.', signature: 'c2lnbmVk' }],
        },
        { role: 'user', content: 'And tomorrow?' },
      ],
      max_tokens,
      thinking: { type: 'adaptive' },
    },
    sdk: (client) =>
      create(client, {
        messages: [
          question,
          {
            role: 'assistant',
            content: [
              { type: 'thinking', thinking: 'Paris in June.', signature: 'c2lnbmVk' },
              { type: 'text', text: 'It is sunny.' },
            ],
          },
          { role: 'user', content: 'And tomorrow?' },
        ],
        thinking: { type: 'adaptive' },
      }),
  },
};
