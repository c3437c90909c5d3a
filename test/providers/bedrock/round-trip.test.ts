/** An answer that is pushed back as it is goes out as the provider sent it, whether it came whole or streamed. */
import { describe, expect, test } from 'vitest';
import { type ChatCompletionMessage, createCallm } from '../../../src/index.js';
import { encodeMessages, type Message } from '../../vectors/eventstream.js';

type Block = Record<string, Record<string, unknown> | string>;

const claude = 'bedrock/anthropic.claude-sonnet-4-5-20250929-v1:0';
const nova = 'bedrock/amazon.nova-2-lite-v1:0';
const user = { role: 'user' as const, content: 'When is high water at Sines?' };
const tools = [{ type: 'function' as const, function: { name: 'get_tide', parameters: { type: 'object' } } }];

const thought = (text: string, signature: string): Block => ({
  reasoningContent: { reasoningText: { text, signature } },
});
const use = (id: string, input: object, more: object = {}): Block => ({
  toolUse: { toolUseId: id, name: 'get_tide', input, ...more },
});
const cited: Block = {
  citationsContent: {
    content: [{ text: 'High water is at 14:32.' }],
    citations: [{ title: 'Tables', location: { documentChar: { documentIndex: 0, start: 3, end: 20 } } }],
  },
};

const answers: [string, string, Block[]][] = [
  ['text', claude, [{ text: 'At 14:32 – máx. 🌊' }]],
  [
    'text and calls, one without arguments',
    claude,
    [{ text: 'Let me look.' }, use('t1', { port: 'Sines', at: [1, 2.5] }), use('t2', {})],
  ],
  ['sealed thinking before a call', claude, [thought('Sines, then.', 'c2VhbA=='), use('t1', { port: 'Sines' })]],
  ['hidden thinking', claude, [{ reasoningContent: { redactedContent: 'aGlkZGVu' } }, { text: 'At 14:32.' }]],
  [
    'thinking between texts',
    claude,
    [
      thought('One.', 's1'),
      { text: 'First. ' },
      thought('Two.', 's2'),
      { text: 'Then 14:32.' },
      use('t1', { port: 'Sines' }),
    ],
  ],
  ['citations between texts', claude, [{ text: 'As the tables say: ' }, cited, { text: ' Mind the swell.' }]],
  [
    'tools that the provider ran',
    nova,
    [
      use('s1', { code: '1+1' }, { name: 'nova_code_interpreter', type: 'server_tool_use' }),
      { toolResult: { toolUseId: 's1', content: [{ json: { stdOut: '2' } }], type: 'nova_code_interpreter_result' } },
      { text: 'Two metres.' },
    ],
  ],
];

/** The events by which a stream tells the blocks, texts and inputs in two pieces. */
function streamed(blocks: Block[], stopReason: string): Uint8Array {
  const event = (name: string, payload: object): Message => ({ headers: { ':event-type': name }, payload });
  const messages = [event('messageStart', { role: 'assistant' })];
  blocks.forEach((block, contentBlockIndex) => {
    const say = (delta: object): void => void messages.push(event('contentBlockDelta', { contentBlockIndex, delta }));
    const begin = (start: object): void => void messages.push(event('contentBlockStart', { contentBlockIndex, start }));
    const halves = (text: string): string[] => [text.slice(0, 4), text.slice(4)];
    const { text, toolUse, toolResult, reasoningContent, citationsContent, image } = block as Record<string, never>;
    if (image !== undefined) {
      const { format, ...rest } = image as Record<string, unknown>;
      begin({ image: { format } });
      say({ image: rest });
    }
    if (text !== undefined) for (const piece of halves(text)) say({ text: piece });
    if (toolUse !== undefined) {
      const { input, ...head } = toolUse as { input: object };
      begin({ toolUse: head });
      if (Object.keys(input).length > 0)
        for (const piece of halves(JSON.stringify(input))) say({ toolUse: { input: piece } });
    }
    if (toolResult !== undefined) {
      const { content, ...head } = toolResult as { content: unknown[] };
      begin({ toolResult: head });
      say({ toolResult: content });
    }
    if (reasoningContent !== undefined) {
      const { reasoningText, redactedContent } = reasoningContent as Record<
        string,
        { text: string; signature: string }
      >;
      if (redactedContent !== undefined) say({ reasoningContent: { redactedContent } });
      else {
        for (const piece of halves(reasoningText?.text ?? '')) say({ reasoningContent: { text: piece } });
        say({ reasoningContent: { signature: reasoningText?.signature } });
      }
    }
    if (citationsContent !== undefined) {
      const { content, citations } = citationsContent as { content: { text: string }[]; citations: object[] };
      for (const piece of content) say({ text: piece.text });
      for (const citation of citations) say({ citation });
    }
    messages.push(event('contentBlockStop', { contentBlockIndex }));
  });
  messages.push(
    event('messageStop', { stopReason }),
    event('metadata', { usage: { inputTokens: 9, outputTokens: 2 } }),
  );
  return encodeMessages(messages);
}

async function messageOf(model: string, blocks: Block[], size: number | undefined): Promise<ChatCompletionMessage> {
  const stopReason = blocks.some(({ toolUse }) => toolUse && !(toolUse as { type?: string }).type)
    ? 'tool_use'
    : 'end_turn';
  const answer = (): Response => {
    if (size === undefined) {
      const body = { output: { message: { role: 'assistant', content: blocks } }, stopReason, usage: {} };
      return new Response(JSON.stringify(body), { headers: { 'content-type': 'application/json' } });
    }
    const bytes = streamed(blocks, stopReason);
    const body = new ReadableStream({
      start(controller) {
        for (let at = 0; at < bytes.length; at += size) controller.enqueue(bytes.slice(at, at + size));
        controller.close();
      },
    });
    return new Response(body, { headers: { 'content-type': 'application/vnd.amazon.eventstream' } });
  };
  const client = createCallm({
    env: {},
    api_key: 'k',
    aws_region_name: 'us-west-2',
    transport: () => Promise.resolve(answer()),
  });
  const params = { model, messages: [user], tools };
  const { choices } =
    size === undefined
      ? await client.completion(params)
      : await (await client.completion({ ...params, stream: true })).final();
  return JSON.parse(JSON.stringify(choices[0]?.message)) as ChatCompletionMessage;
}

async function sentBack(model: string, message: ChatCompletionMessage) {
  const client = createCallm({ env: {}, api_key: 'k', aws_region_name: 'us-west-2' });
  const results = (message.tool_calls ?? []).map(({ id }) => ({
    role: 'tool' as const,
    tool_call_id: id,
    content: '3.1',
  }));
  const messages = [user, message, ...results, ...(results.length === 0 ? [user] : [])];
  const { body, warnings } = await client.dryRun('chat', { model, messages, tools });
  const [, turn] = (body as { messages: { content: Block[] }[] }).messages;
  return { content: turn?.content, warnings };
}

describe.each(answers)('%s', (_, model, blocks) => {
  test.each([
    ['whole', undefined],
    ['streamed', 100_000],
    ['streamed byte by byte', 1],
    ['streamed in sevens', 7],
  ] as const)('%s', async (_name, size) => {
    const message = await messageOf(model, blocks, size);
    const { content, warnings } = await sentBack(model, message);
    expect(content).toEqual(blocks);
    expect(warnings).toEqual([]);
  });

  test('is the same message, whole or streamed', async () => {
    expect(await messageOf(model, blocks, 64)).toEqual(await messageOf(model, blocks, undefined));
  });
});

test('images are shown, and of those that cannot be what is told stays', async () => {
  const failed = { format: 'png', error: { message: 'the image was filtered' } };
  const elsewhere = { format: 'png', source: { s3Location: { uri: 's3://bucket/a.png' } } };
  const blocks: Block[] = [
    { text: 'Three.' },
    { image: failed },
    { image: { format: 'png', source: { bytes: 'iVBORw0=' } } },
    { image: elsewhere },
  ];
  const whole = await messageOf(nova, blocks, undefined);
  expect(whole.images).toEqual([{ type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0=' }, index: 0 }]);
  expect(whole.provider_specific_fields).toEqual({ images: [failed, elsewhere] });
  expect(await messageOf(nova, blocks, 7)).toEqual(whole);
});

test('an edited answer goes back as it now reads, and that is told', async () => {
  const [, , blocks] = answers[5] as (typeof answers)[number];
  const message = await messageOf(claude, blocks, undefined);
  message.content = 'At 15:00.';
  const { content, warnings } = await sentBack(claude, message);
  expect(content).toEqual([{ text: 'At 15:00.' }]);
  expect(warnings).toMatchObject([{ type: 'repair', param: 'messages[1].provider_specific_fields.bedrock_blocks' }]);
});
