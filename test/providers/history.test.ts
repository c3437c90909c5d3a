/**
 * A conversation that moves from one provider to another: an answer of each goes, with the results of its tool calls,
 * to each. What arrives must be what the protocol demands, hold all that can be carried over, nothing that another
 * sealed, and every loss and repair must be told.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createCallm, type ChatCompletion, type ChatCompletionMessage, type JsonObject } from '../../src/index.js';
import { startProvider, type TestProvider } from '../../src/testing/index.js';
import { encodeMessages } from '../vectors/eventstream.js';
import type { Protocol, Wire } from './history-facts.js';
import { protocols } from './history-protocols.js';

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

const json = (body: unknown): Response =>
  new Response(JSON.stringify(body), { headers: { 'content-type': 'application/json' } });

function streamed(wire: Wire): Response {
  const of = (body: string | Uint8Array<ArrayBuffer>, type: string): Response =>
    new Response(body, { headers: { 'content-type': type } });
  if ('lines' in wire)
    return of(wire.lines.map((line) => `${JSON.stringify(line)}\n`).join(''), 'application/x-ndjson');
  if ('messages' in wire)
    return of(new Uint8Array(encodeMessages(wire.messages)), 'application/vnd.amazon.eventstream');
  const text = wire.events.map((event) =>
    typeof event === 'string' ? `data: ${event}\n\n` : `event: ${event.event}\ndata: ${event.data}\n\n`,
  );
  return of(text.join(''), 'text/event-stream');
}

/** What the provider answers to a request; Replicate tells first where its stream is. */
function reply({ model, answer, stream }: Protocol, asked: boolean, method: string): Response {
  if (!asked) return json(answer);
  if (!model.startsWith('replicate/') || method === 'GET') return streamed(stream);
  return json({ ...answer, status: 'starting', urls: { stream: 'https://stream.replicate.com/v1/p1' } });
}

/** The message that a caller gets when the provider answers so, after a trip through JSON. */
async function answerOf(source: Protocol, stream: boolean): Promise<ChatCompletionMessage> {
  const client = createCallm({
    env: {},
    api_key: 'test-key',
    transport: ({ method }) => Promise.resolve(reply(source, stream, method)),
  });
  const messages = [{ role: 'user', content: 'How high are the tides?' }];
  const input = { model: source.model, messages, ...(source.ids.length > 0 && { tools }), ...source.options };
  const result: unknown = await client.completion({ ...input, stream } as never);
  const { choices } = stream
    ? await (result as { final: () => Promise<ChatCompletion> }).final()
    : (result as ChatCompletion);
  return JSON.parse(JSON.stringify(choices[0]?.message)) as ChatCompletionMessage;
}

/** Each answer is read once. */
const answers = new Map<Protocol, Promise<ChatCompletionMessage>>();
function wholeAnswer(source: Protocol): Promise<ChatCompletionMessage> {
  let answer = answers.get(source);
  if (answer === undefined) answers.set(source, (answer = answerOf(source, false)));
  return answer;
}

async function conversation(source: Protocol): Promise<{ messages: JsonObject[] }> {
  const message = await wholeAnswer(source);
  // In another order than that of the calls.
  const results = [
    { content: 'Faro: 2.6', call: message.tool_calls?.[1] },
    { content: 'Sines: 3.1', call: message.tool_calls?.[0] },
  ].flatMap(({ content, call }) => (call ? [{ role: 'tool', tool_call_id: call.id, content }] : []));
  return {
    messages: [
      { role: 'system', content: 'Answer briefly.' },
      { role: 'user', content: 'How high are the tides?' },
      message as unknown as JsonObject,
      ...results,
      { role: 'user', content: 'Say thanks' },
    ],
  };
}

const protocol = (name: string): Protocol => protocols[name] as Protocol;
const names = Object.keys(protocols);
const targets = names.filter((name) => !protocol(name).sourceOnly);
const pairs = names.flatMap((from) => targets.map((to) => [from, to] as const));

async function send(source: Protocol, target: Protocol) {
  // Replicate has no tools to offer.
  const offered = target.model.startsWith('replicate/') ? {} : { tools };
  const input = { model: target.model, ...(await conversation(source)), ...offered, ...target.options };
  const client = createCallm({ env: {}, api_key: 'test-key' });
  const before = JSON.stringify(input);
  const run = await client.dryRun('chat', input);
  expect(JSON.stringify(input)).toBe(before);
  const notes = run.warnings.filter(({ type }) => type !== 'default');
  return { body: run.body as JsonObject, text: JSON.stringify(run.body), notes };
}

describe.each(pairs)('from %s to %s', (from, to) => {
  const [source, target] = [protocol(from), protocol(to)];
  let sent: Awaited<ReturnType<typeof send>>;
  beforeAll(async () => {
    sent = await send(source, target);
  });

  test('the request is what the protocol demands, and holds all that is said', () => {
    const { body, text } = sent;
    expect(target.check(body)).toEqual([]);
    const results = source.ids.length > 0 ? ['Faro: 2.6', 'Sines: 3.1'] : [];
    for (const piece of ['Sines has tides of 3.1 metres.', 'I look both up.', ...results, 'Say thanks'])
      expect(text).toContain(piece);
  });

  test('sealed state goes to its own kind alone', () => {
    const { text } = sent;
    const gone = source.sealed.filter((seal) => !text.includes(seal));
    if (from === to) expect(gone).toEqual([]);
    else if (source.family !== target.family && !target.takesAll) expect(gone).toEqual(source.sealed);
  });

  test('what is lost or repaired is told, and nothing else', () => {
    const { text, notes } = sent;
    const told = notes.map(({ type, param }) => `${type} ${param}`);
    const drops = notes.filter(({ type, param }) => type === 'drop' && param?.startsWith('messages[2]'));
    const words = drops.map(({ param, message }) => `${param} ${message}`).join('\n');
    const lost = source.holds.filter((piece) => !text.includes(piece.text));
    for (const piece of lost) expect(words).toMatch(piece.told);
    if (lost.length === 0) expect(drops).toEqual([]);

    const renamed = source.ids.map((id, i) =>
      target.idless || text.includes(`"${id}"`) || (target.readsIds && id.includes('__thought__'))
        ? []
        : [`repair messages[2].tool_calls[${i}].id`],
    );
    const expected = [...renamed.flat(), ...(target.repairs?.(source) ?? [])];
    const others = told.filter((each) => !each.startsWith('drop messages[2]'));
    expect(others.sort()).toEqual(expected.sort());
  });
});

describe.each(names)('an answer of %s', (name) => {
  const own = protocol(name);

  test('goes back to it as it came', async () => {
    const { body } = await send(own, own);
    expect(own.turn(body)).toEqual(own.own);
  });

  test('is the same read from a stream', async () => {
    const whole = await wholeAnswer(own);
    expect(whole.tool_calls?.map(({ id }) => id) ?? []).toEqual(own.ids);
    expect(await answerOf(own, true)).toEqual(whole);
  });
});

describe('a server that checks', () => {
  let server: TestProvider;
  beforeAll(async () => {
    server = await startProvider();
  });
  afterAll(() => server.close());

  // Blocks of provider-run tools are beyond the test server.
  const checked = pairs.filter(
    ([from, to]) => protocol(to).server !== undefined && !(from === 'anthropic_search' && to === 'anthropic'),
  );
  test.each(checked)('takes what came from %s, as %s', async (from, to) => {
    const target = protocol(to);
    const client = createCallm({ env: {}, api_key: 'test-key', num_retries: 0 });
    const input = {
      model: target.model,
      ...(await conversation(protocol(from))),
      tools,
      api_base: `${server.url}/${target.server}`,
    };
    const { choices } = await client.completion(input as never);
    // Anthropic's answers the results, which stand in the same turn.
    expect(choices[0]?.message.content).toMatch(/^thanks$|Sines: 3\.1/);
  });
});
