/**
 * Signatures that AWS publishes for the suite of Signature Version 4, and those of AWS's own signer for paths of Bedrock.
 * Source: https://github.com/awslabs/aws-c-auth/tree/main/tests/aws-signing-test-suite/v4
 */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { amzDate, sign } from '../../../providers/shared/sigv4.js';

const keys = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
const scope = { region: 'us-east-1', service: 'service', time: Date.UTC(2015, 7, 30, 12, 36) };
const signatureOf = (headers: Record<string, string>): string | undefined =>
  headers['authorization']?.split('Signature=')[1];

/** Name, method, path, headers beside host and date, signature; the host is example.amazonaws.com. */
const suite: [string, string, string, Record<string, string>, string][] = [
  ['get-vanilla', 'GET', '/', {}, '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
  [
    'get-vanilla-query-order-key-case',
    'GET',
    '/?Param2=value2&Param1=value1',
    {},
    'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
  ],
  [
    'get-vanilla-query-order-encoded',
    'GET',
    '/?Param-3=Value3&Param=Value2&%E1%88%B4=Value1',
    {},
    '371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac',
  ],
  [
    'get-vanilla-query-unreserved',
    'GET',
    '/?-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz=-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz',
    {},
    '9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197',
  ],
  ['get-vanilla-utf8-query', 'GET', '/?ሴ=bar', {}, '2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04'],
  ['get-utf8', 'GET', '/ሴ', {}, '8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85'],
  [
    'get-unreserved',
    'GET',
    '/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz',
    {},
    '07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f',
  ],
  ['get-space', 'GET', '/example space/', {}, '652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741'],
  ['get-slash', 'GET', '//', {}, '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
  ['get-slashes', 'GET', '//example//', {}, '9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84'],
  ['get-slash-dot-slash', 'GET', '/./', {}, '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
  [
    'get-slash-pointless-dot',
    'GET',
    '/./example',
    {},
    'ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5',
  ],
  ['get-relative', 'GET', '/example/..', {}, '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
  [
    'get-relative-relative',
    'GET',
    '/example1/example2/../..',
    {},
    '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
  ],
  [
    'get-header-value-order',
    'GET',
    '/',
    { 'my-header1': 'value4,value1,value3,value2' },
    '08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01',
  ],
  [
    'get-header-value-trim',
    'GET',
    '/',
    { 'my-header1': ' value1', 'my-header2': ' "a   b   c"' },
    'acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736',
  ],
  ['post-vanilla', 'POST', '/', {}, '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'],
  [
    'post-vanilla-query',
    'POST',
    '/?Param1=value1',
    {},
    '28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11',
  ],
  [
    'post-header-key-sort',
    'POST',
    '/',
    { 'my-header1': 'value1' },
    'c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c',
  ],
  [
    'post-header-value-case',
    'POST',
    '/',
    { 'my-header1': 'VALUE1' },
    'cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d',
  ],
];

afterEach(() => {
  vi.doUnmock('node:crypto');
  vi.resetModules();
});

describe.each([
  ['with the digests of Node', false],
  ['with those of the web', true],
])('%s', (_, web) => {
  const load = async (): Promise<typeof sign> => {
    if (!web) return sign;
    vi.doMock('node:crypto', () => {
      throw new Error('a runtime without it');
    });
    vi.resetModules();
    return (await import('../../../providers/shared/sigv4.js')).sign;
  };

  test.each(suite)('AWS’s %s', async (_name, method, path, headers, signature) => {
    const url = `https://example.amazonaws.com${path}`;
    const signed = await (await load())({ method, url, headers, body: '' }, keys, scope);
    expect(signatureOf(signed)).toBe(signature);
  });

  test('a body, in UTF-8 or in bytes', async () => {
    const text = JSON.stringify({ messages: [{ role: 'user', content: [{ text: 'Maré às 14:32 – 3,1 m' }] }] });
    const path =
      '/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Aapplication-inference-profile%2Fab12cd/converse-stream';
    const webDigest = vi.spyOn(crypto.subtle, 'digest');
    for (const body of [text, Buffer.from(text)])
      expect(signatureOf(await (await load())(bedrock(path, body), keys, inBedrock))).toBe(
        'e54e47b9adeb1fb7a20884708da87b2620939111095da1a462c7ca9ef9651ab3',
      );
    expect(webDigest.mock.calls.length > 0).toBe(web);
    webDigest.mockRestore();
  });
});

const inBedrock = { region: 'us-east-1', service: 'bedrock', time: Date.UTC(2026, 1, 3, 4, 5, 6) };
const bedrock = (path: string, body: string | Uint8Array) => ({
  method: 'POST',
  url: `https://bedrock-runtime.us-east-1.amazonaws.com${path}`,
  headers: { 'content-type': 'application/json', 'x-amzn-bedrock-trace': 'ENABLED' },
  body,
});

/** By @smithy/signature-v4, which encodes what is encoded in a path once more. */
describe('a path of Bedrock', () => {
  test.each([
    [
      '/model/anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse',
      '{"messages":[]}',
      'e53273518495bf32d9ceee0ed16a874cc5ae834ff8c475a7c00e3c78191da38e',
      '7c13097595a19145d838992a8bf45b1f8f579bb11457f729f27b68b84744d75b',
    ],
    [
      '/model/deepseek.r1-v1%3A0/invoke',
      '{}',
      'ea640c7b56299cabcac1879ea4c31f177c1018df56748786d0ccabc8ac6826cc',
      'bd72a46b613cbf795c7822c379f049aa85129ca06f607a82bd760a2fefa3e886',
    ],
    [
      '/rerank?trace=a%20b%2Fc&x=%2A',
      '{}',
      'ebe037ffef7a2d4a2ba999783343444e6b81a0ad9bb7c3c0fa1834830d6c4c20',
      '28029bf320629a9438d782321c9e505699b0ad67e5be64520e0aef1f269b6493',
    ],
  ])('%s', async (path, body, plain, inSession) => {
    expect(signatureOf(await sign(bedrock(path, body), keys, inBedrock))).toBe(plain);
    const session = { ...keys, sessionToken: 'session-token-1' };
    expect(signatureOf(await sign(bedrock(path, body), session, inBedrock))).toBe(inSession);
  });
});

test('the headers', async () => {
  const session = { ...keys, sessionToken: 'session-token-1' };
  const { authorization, ...rest } = await sign(bedrock('/rerank', '{}'), session, inBedrock);
  expect(rest).toEqual({ 'x-amz-date': '20260203T040506Z', 'x-amz-security-token': 'session-token-1' });
  expect(authorization).toMatch(
    /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/20260203\/us-east-1\/bedrock\/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amzn-bedrock-trace, Signature=[0-9a-f]{64}$/,
  );
  expect(amzDate(Date.UTC(2026, 11, 31, 23, 59, 59, 999))).toBe('20261231T235959Z');
});

test('the host is signed as it is sent: without user info and the scheme’s own port', async () => {
  const made = async (authority: string): Promise<string | undefined> =>
    signatureOf(await sign({ method: 'POST', url: `https://${authority}/rerank`, headers: {} }, keys, inBedrock));
  expect(await made('me:pw@Gate.example.com:443')).toBe(await made('gate.example.com'));
  expect(await made('gate.example.com:8443')).not.toBe(await made('gate.example.com'));
});

test('each secret, region and day signs with a key of its own, also after many others', async () => {
  const signed = async (secret: string, region: string, day: number): Promise<string | undefined> =>
    signatureOf(
      await sign(
        bedrock('/rerank', '{}'),
        { ...keys, secretAccessKey: secret },
        { region, service: 'bedrock', time: Date.UTC(2026, 1, day) },
      ),
    );
  const cases: [string, string, number][] = [
    ['a', 'us-east-1', 3],
    ['b', 'us-east-1', 3],
    ['a', 'eu-west-1', 3],
    ['a', 'us-east-1', 4],
  ];
  const first = await Promise.all(cases.map((given) => signed(...given)));
  expect(new Set(first).size).toBe(cases.length);
  for (let i = 0; i < 60; i++) await signed(`secret ${i}`, 'us-east-1', 3);
  expect(await Promise.all(cases.map((given) => signed(...given)))).toEqual(first);
});
