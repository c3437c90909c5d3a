/** Names of tools that an API refuses: what is sent in their place, on every protocol, and the way back. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  createCallm,
  type ChatCompletion,
  type ChatCompletionChunk,
  type JsonObject,
  type StreamOf,
} from '../../src/index.js';
import { encodeMessages, type Message } from '../vectors/eventstream.js';
import { makeCall } from './anthropic/call.js';

const long = `${'x'.repeat(40)}/${'deep'.repeat(30)}`;
const given = [
  'files.read',
  'files/read',
  'files_read',
  'files read',
  'get-depth',
  '潮汐',
  '🌊',
  '9lives',
  long,
  `${long}er`,
];
const tools = given.map((name) => ({
  type: 'function',
  function: { name, parameters: { type: 'object', properties: {} } },
}));
const messages = [
  { role: 'user', content: 'Read.' },
  ...given.map((name, i) => ({
    role: 'assistant',
    content: null,
    tool_calls: [{ id: `call_${i}`, type: 'function', function: { name, arguments: '{}' } }],
  })),
  ...given.map((name, i) => ({ role: 'tool', tool_call_id: `call_${i}`, name, content: 'done' })),
];

const anthropic = /^[a-zA-Z0-9_-]{1,128}$/;
const short = /^[a-zA-Z0-9_-]{1,64}$/;
const google = /^[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}$/;
const cohere = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const vertex = { vertex_project: 'p', vertex_location: 'us-east5' };
const aws = { aws_region_name: 'us-east-1', aws_access_key_id: 'a', aws_secret_access_key: 's' };
const targets: [model: string, options: JsonObject, pattern: RegExp][] = [
  ['anthropic/claude-sonnet-4-5', {}, anthropic],
  ['vertex_ai/claude-sonnet-4-5', vertex, anthropic],
  ['azure_ai/claude-sonnet-4-5', { api_base: 'https://acme.services.ai.azure.com' }, anthropic],
  ['bedrock/invoke/anthropic.claude-sonnet-4-5-20250929-v1:0', aws, anthropic],
  ['bedrock_mantle/anthropic.claude-opus-4-7', aws, anthropic],
  ['bedrock/anthropic.claude-sonnet-4-5-20250929-v1:0', aws, short],
  ['bedrock/invoke/us.amazon.nova-lite-v1:0', aws, short],
  [
    'databricks/databricks-claude-sonnet-4-5',
    { api_base: 'https://acme.cloud.databricks.com/serving-endpoints' },
    short,
  ],
  ['gemini/gemini-2.5-flash', {}, google],
  ['vertex_ai/gemini-2.5-flash', vertex, google],
  ['cohere/command-a-03-2025', {}, cohere],
  ['bedrock/invoke/cohere.command-r-plus-v1:0', aws, cohere],
];

/** The names of the tools of a body, those of its calls, and those of the results that have one. */
function namesIn(body: JsonObject) {
  const found = { tools: [] as unknown[], calls: [] as unknown[], results: [] as unknown[] };
  const declared = (list: unknown): void => {
    for (const tool of list as JsonObject[]) {
      const { functionDeclarations, toolSpec, function: fn } = tool as Record<string, JsonObject>;
      if (functionDeclarations !== undefined) declared(functionDeclarations);
      else found.tools.push((toolSpec ?? fn ?? tool)['name']);
    }
  };
  declared(body['tools'] ?? (body['toolConfig'] as JsonObject)['tools']);
  const { tools: _, toolConfig: __, ...rest } = body;
  JSON.stringify(rest, (_key, value: JsonObject) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    const { toolUse, functionCall, functionResponse, tool_calls: calls } = value as Record<string, JsonObject>;
    const used = value['type'] === 'tool_use' ? value : (toolUse ?? functionCall);
    if (used !== undefined) found.calls.push(used['name']);
    if (functionResponse !== undefined) found.results.push(functionResponse['name']);
    if (Array.isArray(calls))
      for (const call of calls as JsonObject[]) found.calls.push(((call['function'] as JsonObject) ?? call)['name']);
    return value;
  });
  return found;
}

describe('a request', () => {
  test.each(targets)('to %s has acceptable names, no two the same', async (model, options, pattern) => {
    const choice = { type: 'function', function: { name: given[1] } };
    const input = { model, messages, tools, tool_choice: 'auto', ...options };
    const dry = (more: JsonObject = {}) => createCallm({ env: {}, api_key: 'k' }).dryRun('chat', { ...input, ...more });
    const { body, warnings } = await dry(model.includes('command-r') ? { tool_choice: undefined } : {});
    const sent = namesIn(body as JsonObject);
    for (const name of sent.tools) expect(name).toMatch(pattern);
    expect(new Set(sent.tools).size).toBe(given.length);
    expect(sent.calls).toEqual(sent.tools);
    if (sent.results.length > 0) expect(sent.results).toEqual(sent.tools);
    // Those that the API takes stay, whatever stands before them.
    given.forEach((name, i) => pattern.test(name) && expect(sent.tools[i]).toBe(name));
    const renamed = given.flatMap((name, i) => (pattern.test(name) ? [] : [`tools[${i}].function.name`]));
    expect(warnings.filter(({ type }) => type === 'rename').map(({ param }) => param)).toEqual(renamed);
    if (model.includes('command-r')) return;
    const named = await dry({ tool_choice: choice });
    expect(JSON.stringify(named.body)).not.toContain('files/read');
    expect(JSON.stringify(named.body)).toContain(`"${String(sent.tools[1])}"`);
  });

  test('changes nothing of what the caller gave', async () => {
    const before = JSON.stringify([messages, tools]);
    await createCallm({ env: {}, api_key: 'k' }).dryRun('chat', {
      model: 'anthropic/claude-sonnet-4-5',
      messages,
      tools,
    });
    expect(JSON.stringify([messages, tools])).toBe(before);
  });

  test.each(['openai/gpt-4.1', 'groq/openai/gpt-oss-120b', 'databricks/databricks-meta-llama-3-3-70b-instruct'])(
    'to %s has them as given',
    async (model) => {
      const input = { model, messages, tools, api_base: 'https://x.example.com/v1' };
      const { body } = await createCallm({ env: {}, api_key: 'k' }).dryRun('chat', input);
      expect(namesIn(body as JsonObject).tools).toEqual(given);
    },
  );

  test('keeps names of tools that the protocol adds, and those of the provider, for themselves', async () => {
    const input = {
      model: 'anthropic/claude-3-haiku-20240307',
      messages: [{ role: 'user', content: '?' }],
      tools: [
        { type: 'function', function: { name: 'json.tool.call' } },
        { type: 'function', function: { name: 'web.search' } },
        { type: 'function', function: { name: 'bash ' } },
        { type: 'bash_20250124', name: 'bash_' },
      ],
      response_format: { type: 'json_schema', json_schema: { name: 'a', schema: { type: 'object', properties: {} } } },
    };
    const { body } = await createCallm({ env: {}, api_key: 'k' }).dryRun('chat', input);
    const names = ((body as JsonObject)['tools'] as JsonObject[]).map(({ name }) => name);
    expect(names).toEqual(['json_tool_call_2', 'web_search_2', 'bash__2', 'bash_', 'json_tool_call']);
  });

  test('costs no decoder of its own where all names are fine', () => {
    const decoderOf = (name: string) => {
      const call = makeCall({ stream: true, tools: [{ type: 'function', function: { name } }] });
      return call.transformer.stream?.decoder(call, { status: 200, headers: {} }).constructor.name;
    };
    expect(decoderOf('files_read')).toBe('AnthropicDecoder');
    expect(decoderOf('files.read')).toBe('NamingDecoder');
  });
});

interface Vector {
  input: JsonObject;
  events?: (string | { event: string; data: string })[];
  eventstream?: Message[];
  output: ChatCompletion;
}

const bytesOf = ({ events, eventstream }: Vector): Uint8Array =>
  eventstream !== undefined
    ? encodeMessages(eventstream)
    : new TextEncoder().encode(
        (events ?? [])
          .map((event) =>
            typeof event === 'string' ? `data: ${event}\n\n` : `event: ${event.event}\ndata: ${event.data}\n\n`,
          )
          .join(''),
      );

describe('a stream, cut at every byte,', () => {
  test.each(['anthropic', 'bedrock', 'cohere', 'databricks', 'gemini'])(
    'gives the names back: %s',
    async (provider) => {
      const path = new URL(`../vectors/${provider}/chat/stream_tool_names.json`, import.meta.url);
      const vector = JSON.parse(readFileSync(path, 'utf8')) as Vector;
      const bytes = bytesOf(vector);
      let parts: Uint8Array[] = [];
      const client = createCallm({
        env: {},
        api_key: 'k',
        prices: {},
        num_retries: 0,
        transport: () => {
          const left = [...parts];
          const type = vector.eventstream ? 'application/vnd.amazon.eventstream' : 'text/event-stream';
          return Promise.resolve({
            status: 200,
            headers: { 'content-type': type },
            text: () => Promise.resolve(''),
            read: () => left.shift(),
            cancel() {},
          });
        },
      });
      const wanted = vector.output.choices[0]?.message.tool_calls;
      for (let at = 1; at < bytes.length; at++) {
        parts = [bytes.subarray(0, at), bytes.subarray(at)];
        const stream = (await client.run('chat', vector.input as never)) as StreamOf<'chat'>;
        const named: unknown[] = [];
        for await (const { choices } of stream as AsyncIterable<ChatCompletionChunk>)
          for (const call of choices[0]?.delta.tool_calls ?? [])
            if (call.function?.name) named.push(call.function.name);
        expect(named).toEqual(wanted?.map((call) => call.type === 'function' && call.function.name));
        expect((await stream.final()).choices[0]?.message.tool_calls).toEqual(wanted);
      }
    },
  );
});
