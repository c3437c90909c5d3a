import { describe, expect, test } from 'vitest';
import { createCallm } from '../../../src/index.js';
import { failure } from '../../behaviour/server.js';

const bytes = new Uint8Array([1, 2, 3]);
const gemini = { candidates: [{ content: { role: 'model', parts: [{ text: 'A buoy.' }] }, finishReason: 'STOP' }] };
const claude = {
  id: 'm',
  type: 'message',
  role: 'assistant',
  content: [{ type: 'text', text: 'A buoy.' }],
  stop_reason: 'end_turn',
  usage: {},
};

interface Sent {
  contents?: { parts: unknown[] }[];
  messages?: { content: unknown[] }[];
}

/** Shows a model media at an address; what was downloaded, and what was sent of it. */
async function show(model: string, url: string, field: 'image_url' | 'video_url' = 'image_url') {
  const downloads: string[] = [];
  let sent: Sent = {};
  const client = createCallm({
    env: {},
    api_key: 'ya29.given',
    vertex_project: 'p-1',
    transport: (wire) => {
      if (wire.method === 'POST') sent = JSON.parse(wire.body as string) as Sent;
      else downloads.push(wire.url);
      if (wire.method === 'POST') return Promise.resolve(Response.json(sent.contents === undefined ? claude : gemini));
      return Promise.resolve(new Response(bytes, { headers: { 'content-type': 'image/png' } }));
    },
  });
  const content = [
    { type: field, [field]: { url } },
    { type: 'text', text: 'What is it?' },
  ];
  await client.completion({ model: `vertex_ai/${model}`, messages: [{ role: 'user', content }] as never });
  const [first] = sent.contents?.[0]?.parts ?? sent.messages?.[0]?.content ?? [];
  return { downloads, first };
}

test('Claude fetches nothing by itself: what has an address is downloaded', async () => {
  const url = 'https://harbour.example/buoy.png';
  const { downloads, first } = await show('claude-sonnet-4-5', url);
  expect(downloads).toEqual([url]);
  expect(first).toEqual({ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AQID' } });
  const stored = await failure(show('claude-sonnet-4-5', 'gs://harbour/buoy.png'));
  expect(stored).toMatchObject({ name: 'UnsupportedParamsError', param: 'messages[0].content[0].image_url' });
});

describe('Gemini', () => {
  test.each(['http://harbour.example/buoy.png', 'https://harbour.example/latest'])('does not fetch %s', async (url) => {
    const { downloads, first } = await show('gemini-2.5-flash', url);
    expect(downloads).toEqual([url]);
    expect(first).toEqual({ inlineData: { mimeType: 'image/png', data: 'AQID' } });
  });

  test.each([
    ['https://harbour.example/buoy.png', 'image/png'],
    ['https://harbour.example/buoy.jpg?size=1', 'image/jpeg'],
    ['https://harbour.example/lock.mov', 'video/mov'],
    ['gs://harbour/buoy.webp', 'image/webp'],
    ['https://www.youtube.com/watch?v=abc', 'video/mp4'],
    ['https://youtu.be/abc', 'video/mp4'],
  ])('fetches %s', async (url, mimeType) => {
    const field = mimeType.startsWith('video') ? 'video_url' : 'image_url';
    const { downloads, first } = await show('gemini-2.5-flash', url, field);
    expect(downloads).toEqual([]);
    expect(first).toEqual({ fileData: { mimeType, fileUri: url } });
  });
});
