import { describe, expect, it } from 'vitest';
import { base64FromFloats, bytesFromBase64, floatsFromBase64 } from '../../../providers/openai/vectors.js';
import { createCallm, type Wire } from '../../../src/index.js';

describe('vectors', () => {
  it('survive base64 at every length', () => {
    for (let length = 0; length < 9; length++) {
      const values = Array.from({ length }, (_, i) => (i + 1) / 8);
      expect(floatsFromBase64(base64FromFloats(values))).toEqual(values);
    }
  });

  it('are read from bytes of their own', () => {
    const bytes = bytesFromBase64('AAAAPw==');
    expect(bytes.byteOffset).toBe(0);
    expect(bytes.buffer.byteLength).toBe(4);
  });

  it('need no Buffer', () => {
    const { Buffer } = globalThis;
    try {
      Reflect.set(globalThis, 'Buffer', undefined);
      expect(floatsFromBase64(base64FromFloats([0.5, -2]))).toEqual([0.5, -2]);
    } finally {
      Reflect.set(globalThis, 'Buffer', Buffer);
    }
  });
});

describe('a list beyond the batch limit', () => {
  it('goes out in parts and comes back in order', async () => {
    const sizes: number[] = [];
    const client = createCallm({
      env: {},
      api_key: 'k',
      transport: (wire: Wire) => {
        const { input } = JSON.parse(wire.body as string) as { input: string[] };
        sizes.push(input.length);
        const data = input.map((text, index) => ({
          object: 'embedding',
          index,
          embedding: base64FromFloats([Number(text)]),
        }));
        const usage = { prompt_tokens: input.length, total_tokens: input.length };
        return Promise.resolve(Response.json({ object: 'list', data, model: 'm', usage }));
      },
    });
    const input = Array.from({ length: 4100 }, (_, i) => String(i));
    const result = await client.embedding({ model: 'openai/text-embedding-3-small', input });
    expect(sizes.toSorted((a, b) => b - a)).toEqual([2048, 2048, 4]);
    expect(result.data.map(({ index }) => index)).toEqual(input.map(Number));
    expect(result.data.map(({ embedding }) => embedding[0])).toEqual(input.map(Number));
    expect(result.usage).toMatchObject({ prompt_tokens: 4100, total_tokens: 4100 });
  });

  it('is one input when it holds token ids', async () => {
    let requests = 0;
    const client = createCallm({
      env: {},
      api_key: 'k',
      transport: () => {
        requests++;
        const data = [{ object: 'embedding', index: 0, embedding: base64FromFloats([1]) }];
        return Promise.resolve(
          Response.json({ object: 'list', data, model: 'm', usage: { prompt_tokens: 1, total_tokens: 1 } }),
        );
      },
    });
    await client.embedding({
      model: 'openai/text-embedding-3-small',
      input: Array.from({ length: 3000 }, (_, i) => i),
    });
    expect(requests).toBe(1);
  });
});
