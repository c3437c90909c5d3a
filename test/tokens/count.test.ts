import { describe, expect, test } from 'vitest';
import { countTokens, decode, encode, tokenCounter } from '../../src/tokens/index.js';
import type { CountTokensInput } from '../../src/types/index.js';

const model = 'gpt-4o';
const of = (text: string, name = model): Promise<number> => tokenCounter({ model: name, text });
const all = async (...texts: string[]): Promise<number> =>
  (await Promise.all(texts.map((text) => of(text)))).reduce((a, b) => a + b, 0);
const count = (rest: object): Promise<number> => tokenCounter({ model, ...rest });

describe('texts', () => {
  // Counted with tiktoken, and with the tokenizers' own library.
  test.each([
    ['Die Fähre fährt um 7 Uhr; wer zu spät kommt, wartet.', [16, 21, 28, 20, 21]],
    ['Сегодня ветрено, паром не идёт.', [11, 17, 34, 19, 13]],
    ['const x = items.map((item) => item.price * 1.19);\n\treturn x ?? null;\n', [22, 22, 26, 26, 22]],
    ['end   \n\n  ', [3, 3, 4, 3, 3]],
    ["I'ſt it'S WE'RE", [9, 9, 11, 9, 9]],
    ['a\u0085b \u0085 c', [7, 7, 7, 7, 7]],
    ['\ufeffHello\ufeff world \ufeff\ufeff', [6, 6, 14, 7, 7]],
    ['before <|endoftext|> after <|fim_prefix|>', [15, 14, 17, 17, 16]],
    ['', [0, 0, 0, 0, 0]],
  ])('%j', async (text, counts) => {
    const encodings = ['o200k_base', 'cl100k_base', 'p50k_base', 'claude_2', 'deepseek_v3'] as const;
    expect(await Promise.all(encodings.map((encoding) => tokenCounter({ encoding, text })))).toEqual(counts);
  });

  test('in a list are one text', async () => {
    expect(await count({ text: ['str', 'eng'] })).toBe(await of('streng'));
  });

  test('are encoded and decoded by number', async () => {
    const text = '\ufeffHello\ufeff world \ufeff\ufeff';
    expect(await encode({ model, text })).toEqual([5574, 13225, 5574, 2375, 71280, 5574]);
    expect(await encode({ model: 'gpt-4', text })).toEqual([3305, 9906, 3305, 1917, 76880, 3305]);
    expect(await decode({ model, tokens: [5574, 13225, 5574, 2375, 71280, 5574] })).toBe(text);
  });

  test('special tokens have names, and only some tokenizers read them', async () => {
    expect(await decode({ model, tokens: [199_999] })).toBe('<|endoftext|>');
    expect(await encode({ model, text: '<|endoftext|>' })).not.toContain(199_999);
    const begin = '<｜begin▁of▁sentence｜>';
    expect(await encode({ encoding: 'deepseek_v3', text: `${begin}hi` })).toEqual([0, 6366]);
    expect(await decode({ encoding: 'deepseek_v3', tokens: [0, 6366] })).toBe(`${begin}hi`);
  });

  test('a number that is no token is refused', async () => {
    await expect(decode({ model, tokens: [13_225, 9_999_999] })).rejects.toMatchObject({
      name: 'BadRequestError',
      param: 'tokens',
      message: 'tokens: there is no token 9999999',
    });
  });
});

describe('messages', () => {
  test('three each, every text in them, and three for the reply', async () => {
    const messages = [
      { role: 'system', content: 'Be kind.' },
      { role: 'user', content: 'Where is Zoë?', name: 'ada' },
    ];
    const texts = await all('system', 'Be kind.', 'user', 'Where is Zoë?', 'ada');
    expect(await count({ messages })).toBe(3 + 3 + texts + 1 + 3);
    expect(await count({ messages, count_response_tokens: true })).toBe(3 + 3 + texts + 1);
    expect(await count({ messages: [] })).toBe(3);
  });

  test('of calls the arguments, of results the id too', async () => {
    const call = { id: 'call_7', type: 'function', function: { name: 'tide', arguments: '{"port":"Sines"}' } };
    const messages = [
      { role: 'assistant', content: null, tool_calls: [call] },
      { role: 'tool', tool_call_id: 'call_7', content: '3.1 m' },
      { role: 'assistant', content: null, function_call: { name: 'tide', arguments: '{}' } },
    ];
    const texts = await all('assistant', '{"port":"Sines"}', 'tool', 'call_7', '3.1 m', 'assistant', '{}');
    expect(await count({ messages })).toBe(9 + texts + 3);
  });

  test('parts of many kinds', async () => {
    const content = [
      { type: 'text', text: 'one' },
      'two',
      { type: 'refusal', refusal: 'no' },
      { type: 'thinking', thinking: 'three', signature: 'not counted' },
      { type: 'tool_use', id: 'x', name: 'tide', input: { port: 'Sines' } },
      { type: 'tool_result', tool_use_id: 'x', content: [{ type: 'text', text: '3.1 m' }] },
      { type: 'tool_reference', tool_name: 'tide' },
      { type: 'document', title: 'Log', source: { type: 'text', data: 'calm' } },
      { type: 'document', source: { type: 'content', content: 'wind' } },
      { type: 'file', file: { filename: 'a.pdf', file_id: 'file-1' } },
    ];
    const texts = await all(
      'user',
      'one',
      'two',
      'no',
      'three',
      'tide',
      '{"port":"Sines"}',
      '3.1 m',
      'tide',
      'Log',
      'calm',
      'wind',
      'a.pdf',
    );
    expect(await count({ messages: [{ role: 'user', content }] })).toBe(3 + texts + 3);
  });

  test('a part without a rule is refused, or counted as told', async () => {
    const messages = [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Listen' },
          { type: 'input_audio', input_audio: {} },
        ],
      },
    ];
    await expect(count({ messages })).rejects.toMatchObject({ name: 'BadRequestError', param: 'messages[0].content' });
    expect(await count({ messages, default_token_count: 50 })).toBe(3 + (await of('user')) + 50 + 3);
  });

  test('summaries of a compacted conversation count', async () => {
    const blocks = [
      { type: 'compaction', content: 'They met in Porto.' },
      { type: 'other', content: 'x' },
    ];
    const messages = [{ role: 'assistant', content: 'Yes.', provider_specific_fields: { compaction_blocks: blocks } }];
    expect(await count({ messages })).toBe(3 + (await all('assistant', 'Yes.', 'They met in Porto.')) + 3);
  });

  test('either a text or messages', async () => {
    for (const input of [
      {},
      { text: 'a', messages: [] },
      { text: 7 },
      { messages: 'a' },
      { messages: ['a'] },
      { text: 'a', tools: [{}] },
      { text: 'a', tool_choice: 'auto' },
    ])
      await expect(count(input), JSON.stringify(input)).rejects.toThrow(
        expect.objectContaining({ name: 'BadRequestError' }),
      );
    await expect(count({ text: 'a', model: 4 })).rejects.toMatchObject({ param: 'model' });
    await expect(countTokens({ text: 'a', method: 'guess' as never })).rejects.toMatchObject({ param: 'method' });
    await expect(encode({ model, text: 4 as never })).rejects.toMatchObject({ param: 'text' });
    await expect(decode({ model, tokens: 4 as never })).rejects.toMatchObject({ param: 'tokens' });
    await expect(count({ text: 'a', encoding: 'utf-8' })).rejects.toThrow('encoding: must be one of o200k_base');
  });
});

describe('tools', () => {
  const messages = [{ role: 'user', content: 'Hi' }];
  const added = async (rest: object, name = model): Promise<number> =>
    (await count({ model: name, messages, ...rest })) - (await count({ model: name, messages }));
  const tide = {
    type: 'function',
    function: {
      name: 'tide',
      description: 'Height of the water',
      parameters: {
        type: 'object',
        properties: {
          port: { type: 'string', description: 'Where' },
          unit: { type: 'string', enum: ['m', 'ft'] },
          hours: { type: 'array', items: { type: 'integer' } },
          at: {
            type: 'object',
            properties: { lat: { type: 'number' }, exact: { type: 'boolean' }, none: { type: 'null' }, any: {} },
          },
          level: { type: 'integer', enum: [1, 2] },
        },
        required: ['port', 'at'],
      },
    },
  };
  const text = [
    'namespace functions {',
    '',
    '// Height of the water',
    'type tide = (_: {',
    '// Where',
    'port: string,',
    'unit?: "m" | "ft",',
    'hours?: number[],',
    'at: {',
    '  lat?: number,',
    '  exact?: boolean,',
    '  none?: null,',
    '  any?: any,',
    '},',
    'level?: "1" | "2",',
    '}) => any;',
    '',
    '} // namespace functions',
  ].join('\n');

  test('are read as types', async () => {
    expect(await added({ tools: [tide] })).toBe(9 + (await of(text)));
  });

  test('cost less beside instructions', async () => {
    const system = { role: 'system', content: 'Use tools.' };
    const bare = await count({ messages: [system, ...messages] });
    expect((await count({ messages: [system, ...messages], tools: [tide] })) - bare).toBe(9 - 4 + (await of(text)));
  });

  test('without parameters, without a name, and in the shapes of other protocols', async () => {
    const none = await of('namespace functions {\n\ntype now = () => any;\n\n} // namespace functions');
    for (const tool of [
      { type: 'function', function: { name: 'now' } },
      { type: 'custom', custom: { name: 'now', format: { type: 'text' } } },
      { name: 'now', input_schema: { type: 'object', properties: {} } },
      { function_declarations: [{ name: 'now' }, { description: 'nameless' }] },
    ])
      expect(await added({ tools: [tool] }), JSON.stringify(tool)).toBe(9 + none);
  });

  test('the choice among them', async () => {
    expect(await added({ tool_choice: 'auto' })).toBe(0);
    expect(await added({ tool_choice: 'required' })).toBe(0);
    expect(await added({ tool_choice: 'none' })).toBe(1);
    expect(await added({ tool_choice: { type: 'function', function: { name: 'tide' } } })).toBe(7 + (await of('tide')));
    expect(await added({ tool_choice: { type: 'tool', name: 'tide' } })).toBe(7 + (await of('tide')));
  });

  test('are JSON in some chat templates', async () => {
    const now = {
      type: 'function',
      function: { name: 'now', description: 'Zeit: "jetzt"', parameters: { a: [1, true, null] } },
    };
    const json = '{"name": "now", "description": "Zeit: \\"jetzt\\"", "parameters": {"a": [1, true, null]}}';
    const name = 'deepseek/deepseek-chat';
    expect(await added({ tools: [now], tool_choice: 'none' }, name)).toBe(222 + (await of(json, name)));
    expect(await added({ tools: [{}] }, name)).toBe(0);
    const qwen = 'qwen3.5-plus';
    expect(await added({ tools: [now] }, qwen)).toBe(
      196 + 5 + (await of(`\n{"type": "function", "function": ${json}}`, qwen)),
    );
  });
});

describe('what is said of a count', () => {
  const said = (rest: object) => countTokens({ text: 'Ahoy', ...rest });

  test('by the model’s own tokenizer', async () => {
    expect(await said({ model: 'azure/gpt-4o' })).toEqual({
      tokens: 2,
      method: 'tokenizer',
      exact: true,
      tokenizer: 'o200k_base',
    });
  });

  test('by another one', async () => {
    expect(await said({ model: 'gemini/gemini-2.5-pro' })).toEqual({
      tokens: 2,
      method: 'estimate',
      exact: false,
      tokenizer: 'cl100k_base',
      note: 'the tokenizer of gemini/gemini-2.5-pro is not at hand; counted in cl100k_base',
    });
    expect(await said({})).toMatchObject({ exact: false, note: 'no model was named; counted in cl100k_base' });
    expect(await said({ model: 'claude-sonnet-4-5' })).toMatchObject({ method: 'estimate', tokenizer: 'claude_2' });
  });

  test('by a rule for some of it', async () => {
    const messages = [
      { role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://example.com/a.png' } }] },
    ];
    const tools = [{ type: 'function', function: { name: 'now' } }];
    expect(await countTokens({ model, messages, tools } as CountTokensInput)).toMatchObject({
      method: 'tokenizer',
      exact: false,
      note: "images and tools are counted by a rule that may differ from the provider's",
    });
  });

  test('by characters, when asked', async () => {
    expect(await said({ model, method: 'estimate' })).toEqual({
      tokens: 1,
      method: 'estimate',
      exact: false,
      note: 'a guess by the kinds of characters',
    });
  });
});

describe('what cannot be counted is refused, naming it', () => {
  const model = 'gpt-4o';
  const messages = [{ role: 'user', content: 'Ahoy' }];
  test.each<[unknown, string]>([
    [undefined, 'input'],
    ['Ahoy', 'input'],
    [{ model }, 'messages'],
    [{ model, text: null, messages: null }, 'messages'],
    [{ model, text: ['Ahoy', 5] }, 'text[1]'],
    [{ model, messages: [{ role: 'user', content: 'Ahoy' }, null] }, 'messages[1]'],
    [{ model, messages: [{ role: 'user', content: 5 }] }, 'messages[0].content'],
    [{ model, messages, tools: 'weather' }, 'tools'],
    [{ model, messages, tools: [null] }, 'tools[0]'],
  ])('%o', async (input, param) => {
    await expect(tokenCounter(input as never)).rejects.toMatchObject({ param, code: 'invalid_input' });
    await expect(countTokens(input as never)).rejects.toMatchObject({ param, code: 'invalid_input' });
  });

  test('what is null is absent', async () => {
    const nothing = { text: null, tools: null, tool_choice: null, encoding: null, default_token_count: null };
    expect(await tokenCounter({ model, messages, ...nothing } as never)).toBe(
      await tokenCounter({ model, messages } as never),
    );
  });
});
