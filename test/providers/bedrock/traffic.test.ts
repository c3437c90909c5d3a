import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { type ChatCompletionMessage, createCallm } from '../../../src/index.js';

/** Recorded exchanges, which lie outside the repository and are not always there. */
const folder = new URL('../../../../shared/traffic/', import.meta.url);
const present = existsSync(folder);
if (!present) console.log('recorded traffic is absent: its tests are skipped');

type Block = Record<string, Record<string, unknown> | string>;
interface Recorded {
  id: string;
  api: string;
  /** Null where the recorder did not tell it. */
  model: string | null;
  status: number;
  request: Record<string, unknown>;
  response: { output?: { message?: { content?: Block[] } } } | null;
  response_headers: Record<string, string>;
  eventstream_b64: string | null;
}

function records(): Recorded[] {
  return gunzipSync(readFileSync(new URL('bedrock.jsonl.gz', folder)))
    .toString('utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Recorded)
    .filter(({ status, api }) => status === 200 && /^converse|^invoke$/.test(api));
}

/** Unnamed models are taken for Claude: one of these answers is sealed by it. */
const nameOf = ({ model }: Recorded): string => model ?? 'anthropic.claude-haiku-4-5';

const user = { role: 'user' as const, content: 'hi' };

function clientOf({ response, response_headers: headers, eventstream_b64: stream }: Recorded, size: number) {
  const answer = (): Response => {
    if (stream === null) return new Response(JSON.stringify(response), { headers });
    const bytes = Buffer.from(stream, 'base64');
    const body = new ReadableStream({
      start(controller) {
        for (let at = 0; at < bytes.length; at += size)
          controller.enqueue(Uint8Array.from(bytes.subarray(at, at + size)));
        controller.close();
      },
    });
    return new Response(body, { headers });
  };
  return createCallm({
    env: {},
    api_key: 'k',
    aws_region_name: 'us-west-2',
    num_retries: 0,
    transport: () => Promise.resolve(answer()),
  });
}

test.runIf(present)('recorded streams read alike however they are cut, and end', async () => {
  let read = 0;
  for (const record of records()) {
    if (record.eventstream_b64 === null) continue;
    const invoked = record.api === 'invoke' ? 'invoke/' : '';
    const params = {
      model: `bedrock/${invoked}${nameOf(record)}`,
      messages: [user],
      max_tokens: 9,
      stream: true as const,
    };
    const finals = [];
    // Byte by byte costs a turn of the event loop a byte: the short ones show it.
    const sizes = record.eventstream_b64.length < 20_000 ? [1, 7, 1_000_000] : [7, 61, 1_000_000];
    for (const size of sizes) {
      const { created: _, id: __, ...final } = await (await clientOf(record, size).completion(params)).final();
      finals.push(final);
    }
    expect(finals[1], record.id).toEqual(finals[0]);
    expect(finals[2], record.id).toEqual(finals[0]);
    expect(finals[0]?.choices[0]?.finish_reason, record.id).toMatch(/^(?:stop|length|tool_calls|content_filter)$/);
    read++;
  }
  expect(read).toBeGreaterThan(20);
});

test.runIf(present)('recorded answers of Converse are sent back as they came', async () => {
  let compared = 0;
  for (const record of records()) {
    const blocks = record.response?.output?.message?.content;
    if (record.api !== 'converse' || blocks === undefined) continue;
    const model = `bedrock/converse/${nameOf(record)}`;
    const params = { model, messages: [user], drop_params: true };
    const { choices } = await clientOf(record, 1).completion(params);
    const message = JSON.parse(JSON.stringify(choices[0]?.message)) as ChatCompletionMessage;
    const results = (message.tool_calls ?? []).map(({ id }) => ({
      role: 'tool' as const,
      tool_call_id: id,
      content: 'ok',
    }));
    const messages = [user, message, ...results, user];
    const { body } = await clientOf(record, 1).dryRun('chat', { ...params, messages });
    const turns = (body as { messages: { role: string; content: Block[] }[] }).messages;
    // Unsealed thinking, images and blank texts are not taken back; that a call is the caller's own goes without saying.
    const taken = blocks.flatMap((block): Block[] => {
      const { text, reasoningContent, image, toolUse } = block as Record<string, never>;
      const told = reasoningContent as { reasoningText?: { signature?: string } } | undefined;
      if (told?.reasoningText !== undefined && !told.reasoningText.signature) return [];
      if (image !== undefined || (typeof text === 'string' && (text as string).trim() === '')) return [];
      const { type, ...use } = (toolUse ?? {}) as Record<string, unknown>;
      return [type === 'tool_use' ? { toolUse: use } : block];
    });
    expect(turns.find(({ role }) => role === 'assistant')?.content ?? [], record.id).toEqual(taken);
    compared++;
  }
  expect(compared).toBeGreaterThan(50);
});
