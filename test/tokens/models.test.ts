import { describe, expect, test } from 'vitest';
import { encodingOf } from '../../src/tokens/models.js';

const own = (...models: string[]): string[] => models;

describe('a model’s own encoding', () => {
  test.each([
    [
      'o200k_base',
      own('gpt-4o', 'openai/gpt-4o-mini', 'chatgpt-4o-latest', 'gpt-4.1-nano', 'azure/gpt-41', 'gpt-4.5-preview'),
    ],
    [
      'o200k_base',
      own('gpt-5', 'gpt-5.2-pro', 'openrouter/openai/gpt-6', 'o1', 'o3-mini', 'azure/eu/o4-mini-2025-04-16'),
    ],
    [
      'o200k_base',
      own('ft:gpt-4o-2024-08-06:acme::1', 'groq/openai/gpt-oss-120b', 'codex-mini-latest', 'gpt-realtime'),
    ],
    ['o200k_base', own('chat-latest', 'azure/us/gpt-chat-latest', 'gpt-daybreak-red-latest', 'gpt-rosalind-research')],
    ['cl100k_base', own('gpt-4', 'gpt-4-turbo', 'azure/gpt-35-turbo-16k', 'gpt-3.5-turbo', 'ft:gpt-3.5-turbo:acme::1')],
    ['cl100k_base', own('text-embedding-3-small', 'azure/text-embedding-ada-002', 'davinci-002')],
    ['claude_2', own('claude-2.1', 'claude-instant-1.2')],
    ['deepseek_v3', own('deepseek/deepseek-v3', 'fireworks_ai/accounts/fireworks/models/deepseek-v3p1')],
  ] as const)('%s', (encoding, models) => {
    for (const model of models) expect(encodingOf(model), model).toEqual({ encoding, own: true });
  });
});

describe('an encoding near it', () => {
  test.each([
    ['claude_2', ['claude-sonnet-4-5', 'claude-opus-5']],
    ['deepseek_v3', ['deepseek/deepseek-chat', 'deepseek-reasoner', 'deepseek/deepseek-v4-flash']],
    [
      'cl100k_base',
      [
        '',
        'anthropic/claude-sonnet-4-5',
        'claude-3-opus-20240229',
        'gemini/gemini-2.5-pro',
        'orca-2',
        'text-davinci-003',
        'gpt-400b-of-mine',
      ],
    ],
  ] as const)('%s', (encoding, models) => {
    for (const model of models) expect(encodingOf(model), model).toEqual({ encoding, own: false });
  });
});
