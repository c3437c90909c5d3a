/**
 * A conversation that moves from one provider to another: an answer of each goes, with the results of its tool calls,
 * to each. What arrives must be what the protocol demands, hold all that can be carried over, nothing that another
 * sealed, and every loss and repair must be told.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createCallm, type ChatCompletionMessage, type JsonObject } from '../../src/index.js';
import { startProvider, type TestProvider } from '../../src/testing/index.js';
import { protocols, type Protocol } from './history-protocols.js';

const tools = [
  {
    type: 'function',
    function: {
      name: 'get_tide',
      description: 'Height of the tide at a port',
      parameters: { type: 'object', properties: { port: { type: 'string' } }, required: ['port'] },
    },
  },
];

/** The message that a caller gets when the provider answers so, after a trip through JSON. */
async function answerOf({ model, options, answer }: Protocol): Promise<ChatCompletionMessage> {
  const client = createCallm({
    env: {},
    api_key: 'test-key',
    transport: () =>
      Promise.resolve(new Response(JSON.stringify(answer), { headers: { 'content-type': 'application/json' } })),
  });
  const messages = [{ role: 'user', content: 'How high are the tides?' }];
  const { choices } = await client.completion({ model, messages, tools, ...options } as never);
  return JSON.parse(JSON.stringify(choices[0]?.message)) as ChatCompletionMessage;
}

async function conversation(source: Protocol): Promise<JsonObject> {
  const message = await answerOf(source);
  const [first, second] = message.tool_calls ?? [];
  return {
    tools,
    messages: [
      { role: 'system', content: 'Answer briefly.' },
      { role: 'user', content: 'How high are the tides?' },
      message,
      // In another order than that of the calls.
      { role: 'tool', tool_call_id: second?.id, content: 'Faro: 2.6' },
      { role: 'tool', tool_call_id: first?.id, content: 'Sines: 3.1' },
      { role: 'user', content: 'Say thanks' },
    ],
  };
}

const protocol = (name: string): Protocol => protocols[name] as Protocol;
const names = Object.keys(protocols);
const targets = names.filter((name) => !protocol(name).sourceOnly);
const pairs = names.flatMap((from) => targets.map((to) => [from, to] as const));

describe.each(pairs)('from %s to %s', (from, to) => {
  const [source, target] = [protocol(from), protocol(to)];
  const sent = async () => {
    const input = { model: target.model, ...(await conversation(source)), ...target.options };
    const client = createCallm({ env: {}, api_key: 'test-key' });
    const before = JSON.stringify(input);
    const run = await client.dryRun('chat', input);
    expect(JSON.stringify(input)).toBe(before);
    return { body: run.body as JsonObject, notes: run.warnings };
  };

  test('the request is what the protocol demands, and holds all that is said', async () => {
    const { body } = await sent();
    expect(target.check(body)).toEqual([]);
    const text = JSON.stringify(body);
    for (const piece of ['Sines has tides of 3.1 metres.', 'I look both up.', 'Faro: 2.6', 'Sines: 3.1', 'Say thanks'])
      expect(text).toContain(piece);
  });

  test('sealed state goes to its own kind alone', async () => {
    const text = JSON.stringify((await sent()).body);
    const gone = source.sealed.filter((seal) => !text.includes(seal));
    if (from === to) expect(gone).toEqual([]);
    else if (source.family !== target.family && !target.takesAll) expect(gone).toEqual(source.sealed);
  });

  test('what is lost or repaired is told', async () => {
    const { notes } = await sent();
    expect(notes.filter(({ type }) => type !== 'default').map(({ type, param }) => `${type} ${param}`)).toEqual(
      (from === to ? target.toldOfOwn : undefined) ?? target.told[source.kind] ?? [],
    );
  });
});

describe.each(names)('an answer of %s', (name) => {
  const own = protocol(name);

  test('goes back to it as it came', async () => {
    const input = { model: own.model, ...(await conversation(own)), ...own.options };
    const { body } = await createCallm({ env: {}, api_key: 'test-key' }).dryRun('chat', input);
    expect(own.turn(body as JsonObject)).toEqual(own.own);
  });
});

describe('a server that checks', () => {
  let server: TestProvider;
  beforeAll(async () => {
    server = await startProvider();
  });
  afterAll(() => server.close());

  const checked = pairs.filter(([, to]) => protocol(to).server !== undefined);
  test.each(checked)('takes what came from %s, as %s', async (from, to) => {
    const target = protocol(to);
    const client = createCallm({ env: {}, api_key: 'test-key', num_retries: 0 });
    const input = {
      model: target.model,
      ...(await conversation(protocol(from))),
      api_base: `${server.url}/${target.server}`,
    };
    // Blocks of provider-run tools are beyond the test server.
    if (from === 'anthropic_search' && to === 'anthropic') return;
    const { choices } = await client.completion(input as never);
    // Anthropic's answers the results, which stand in the same turn.
    expect(choices[0]?.message.content).toMatch(/^thanks$|Sines: 3\.1/);
  });
});
