import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { estimateTokens, tokenCounter } from '../../src/tokens/index.js';

test('nothing is nothing, and something is at least one', () => {
  expect(estimateTokens('')).toBe(0);
  for (const text of [' ', 'a', '.', '\n', '\u0000', '漢']) expect(estimateTokens(text), JSON.stringify(text)).toBe(1);
});

test('runs that tokens hold whole stay small', () => {
  expect(estimateTokens(' '.repeat(100))).toBeLessThan(5);
  expect(estimateTokens('-'.repeat(120))).toBeLessThan(10);
});

test('prose of this project is guessed within a fifth', async () => {
  const folder = new URL('../../docs/', import.meta.url);
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.md'))) {
    const text = readFileSync(new URL(file, folder), 'utf8');
    const tokens = await tokenCounter({ model: 'gpt-4o', text });
    expect(Math.abs(estimateTokens(text) / tokens - 1), file).toBeLessThan(0.2);
  }
});

test.each([
  ['German', 'Die Fähre fährt um sieben Uhr; wer zu spät kommt, wartet bis morgen früh am Kai.'],
  ['Russian', 'Сегодня ветрено, паром не идёт, и мы ждём в гавани до самого вечера.'],
  ['Chinese', '昨天晚上下了一场大雨，今天早晨街上到处都是水洼，我们只好在家里喝茶。'],
  ['Japanese', '昨日の夜は大雨で、今朝は道のあちこちに水たまりができていました。'],
  ['Korean', '어제 밤에 비가 많이 와서 오늘 아침 거리에는 물웅덩이가 많았습니다.'],
  ['Hindi', 'कल शाम बाज़ार में बहुत भीड़ थी, फिर भी हमने ताज़ा फल खरीदे।'],
])('%s is guessed within two fifths', async (_, text) => {
  const tokens = await tokenCounter({ model: 'gpt-4o', text });
  expect(Math.abs(estimateTokens(text) / tokens - 1)).toBeLessThan(0.4);
});
