import { describe, expect, test } from 'vitest';
import { sendJson, serve } from '../../behaviour/server.js';
import { google, grant } from './google.js';

const key = { api_key: 'ya29.given', vertex_project: 'p-1' };
const png = Buffer.from('89504e470d0a1a0a', 'hex');
const pictures = () => serve((res) => void res.writeHead(200, { 'content-type': 'image/png' }).end(png));
const showing = (url: string, type: 'image_url' | 'video_url' = 'image_url') => [
  {
    role: 'user',
    content: [
      { type, [type]: { url } },
      { type: 'text', text: 'what is it?' },
    ],
  },
];

describe('media by address', () => {
  test('are downloaded and inlined for Claude, which fetches none', async () => {
    const place = await pictures();
    const answer = {
      type: 'message',
      role: 'assistant',
      content: [{ type: 'text', text: 'a buoy' }],
      stop_reason: 'end_turn',
    };
    const { models, client } = await google(grant, (res) => sendJson(res, { id: 'm', usage: {}, ...answer }));
    const messages = showing(`${place.url}/buoy.png`) as never;
    await client(key).completion({ model: 'vertex_ai/claude-sonnet-4-5', messages });
    const [message] = models.requests[0]?.body['messages'] as { content: unknown[] }[];
    expect(message?.content[0]).toEqual({
      type: 'image',
      source: { type: 'base64', media_type: 'image/png', data: png.toString('base64') },
    });
    expect(place.requests).toHaveLength(1);
  });

  test('are downloaded for Gemini where Google would not fetch them', async () => {
    const place = await pictures();
    const { models, client } = await google();
    const messages = showing(`${place.url}/buoy.png`) as never;
    await client(key).completion({ model: 'vertex_ai/gemini-2.5-flash', messages });
    const [content] = models.requests[0]?.body['contents'] as { parts: unknown[] }[];
    expect(content?.parts[0]).toEqual({ inlineData: { mimeType: 'image/png', data: png.toString('base64') } });
  });

  test.each([
    ['https://harbour.example/buoy.png', 'image/png'],
    ['https://harbour.example/buoy.jpg?size=1', 'image/jpeg'],
    ['gs://harbour/buoy.webp', 'image/webp'],
    ['https://www.youtube.com/watch?v=abc', 'video/mp4'],
    ['https://youtu.be/abc', 'video/mp4'],
  ])('%s is told to Gemini by its address', async (url, mimeType) => {
    const { models, client } = await google();
    const type = mimeType.startsWith('video') ? 'video_url' : 'image_url';
    await client(key).completion({ model: 'vertex_ai/gemini-2.5-flash', messages: showing(url, type) as never });
    const [content] = models.requests[0]?.body['contents'] as { parts: unknown[] }[];
    expect(content?.parts[0]).toEqual({ fileData: { mimeType, fileUri: url } });
  });
});
