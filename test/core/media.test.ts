import { describe, expect, test } from 'vitest';
import { isPrivateAddress } from '../../src/core/media.js';
import { createCallm, type Wire } from '../../src/index.js';

const answer = { candidates: [{ content: { role: 'model', parts: [{ text: 'a boat' }] }, finishReason: 'STOP' }] };
const image = (url: string) => [
  {
    role: 'user' as const,
    content: [
      { type: 'text' as const, text: 'what?' },
      { type: 'image_url' as const, image_url: { url } },
    ],
  },
];

function clientOf(files: Record<string, () => Response>, sent: Wire[]) {
  return createCallm({
    api_key: 'key-12345',
    num_retries: 0,
    transport: (wire) => {
      sent.push(wire);
      return Promise.resolve(
        wire.method === 'GET' ? (files[wire.url]?.() ?? new Response('none', { status: 404 })) : Response.json(answer),
      );
    },
  });
}
const picture = () => new Response(new Uint8Array([1, 2, 3]), { headers: { 'content-type': 'image/png; charset=x' } });
// A Gemini model that fetches nothing itself.
const model = 'gemini/gemini-2.0-flash';

describe('media by URL', () => {
  test('is downloaded once, without a credential, and sent inline with a warning', async () => {
    const sent: Wire[] = [];
    const messages = [...image('https://pictures.example/boat.png'), ...image('https://pictures.example/boat.png')];
    const before = JSON.stringify(messages);
    const result = await clientOf({ 'https://pictures.example/boat.png': picture }, sent).completion({
      model,
      messages,
    });
    expect(sent.map((wire) => wire.method)).toEqual(['GET', 'POST']);
    expect(JSON.stringify(sent[0]?.headers)).not.toContain('key-12345');
    expect(sent[1]?.body).toContain('"data":"AQID"');
    expect(sent[1]?.body).toContain('image/png');
    expect(JSON.stringify(messages)).toBe(before);
    expect(result._hidden_params.warnings.filter((warning) => warning.type === 'rewrite')).toHaveLength(2);
    expect(result._hidden_params.attempts).toHaveLength(1);
  });

  test("media: 'pass' downloads nothing", async () => {
    const sent: Wire[] = [];
    await clientOf({}, sent).completion({ model, messages: image('https://pictures.example/boat.png'), media: 'pass' });
    expect(sent.map((wire) => wire.method)).toEqual(['POST']);
  });

  test('redirects are followed a few times, and to public addresses only', async () => {
    const sent: Wire[] = [];
    const to = (location: string) => () => new Response(null, { status: 302, headers: { location } });
    const client = clientOf(
      {
        'https://a.example/1': to('/2'),
        'https://a.example/2': picture,
        'https://a.example/loop': to('/loop'),
        'https://a.example/in': to('http://169.254.169.254/latest/meta-data'),
      },
      sent,
    );
    await client.completion({ model, messages: image('https://a.example/1') });
    await expect(client.completion({ model, messages: image('https://a.example/loop') })).rejects.toThrow(
      'too many redirects',
    );
    await expect(client.completion({ model, messages: image('https://a.example/in') })).rejects.toThrow(
      'private address',
    );
    expect(sent.some((wire) => wire.url.includes('169.254'))).toBe(false);
  });

  test.each([
    'http://127.0.0.1/x',
    'http://localhost:8080/x',
    'http://[::1]/x',
    'http://10.1.2.3/x',
    'http://db.internal/x',
  ])('%s is refused, naming the part', async (url) => {
    const sent: Wire[] = [];
    await expect(clientOf({}, sent).completion({ model, messages: image(url) })).rejects.toMatchObject({
      name: 'BadRequestError',
      param: 'messages[0].content[1].image_url.url',
    });
    expect(sent).toEqual([]);
  });

  test('a failed download tells its status', async () => {
    await expect(clientOf({}, []).completion({ model, messages: image('https://a.example/gone') })).rejects.toThrow(
      'HTTP 404',
    );
  });
});

test.each([
  ['127.0.0.1', true],
  ['10.0.0.8', true],
  ['172.16.0.1', true],
  ['172.32.0.1', false],
  ['192.168.1.1', true],
  ['169.254.169.254', true],
  ['100.64.0.1', true],
  ['0.0.0.0', true],
  ['8.8.8.8', false],
  ['::1', true],
  ['::', true],
  ['fd00::1', true],
  ['fe80::1', true],
  ['::ffff:10.0.0.1', true],
  ['::ffff:8.8.8.8', false],
  ['2606:4700::1111', false],
])('%s private: %s', (address, expected) => {
  expect(isPrivateAddress(address)).toBe(expected);
});
