import { describe, expect, it } from 'vitest';
import { cleanMessages, type MessageRules } from '../../../providers/openai/messages.js';
import type { Warning } from '../../../src/core/spec.js';

const plain: MessageRules = {
  roles: { developer: 'system' },
  cache_control: 'drop',
  content_as_string: false,
  message_name: undefined,
  drop_empty: false,
  content_required: false,
  refusal: true,
  file_as: undefined,
  file_urls: undefined,
  tool_media: false,
  reasoning_back: undefined,
  reasoning_required: false,
  send_back: [],
  seals: undefined,
  call_ids: undefined,
  signed_ids: false,
  after_tools: undefined,
};

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
function clean(messages: unknown[], rules: Partial<MessageRules> = {}) {
  const warnings: Warning[] = [];
  const out = cleanMessages(deepFreeze(messages), { ...plain, ...rules }, (warning) => warnings.push(warning));
  return { out, warnings };
}

describe('messages', () => {
  it('hands the same array on when nothing needs to change', () => {
    const messages = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: [{ type: 'text', text: 'Hi' }], name: 'ana' },
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }],
      },
      { role: 'tool', tool_call_id: 'a', content: '2.4' },
    ];
    expect(clean(messages).out).toBe(messages);
    expect(clean(messages).warnings).toEqual([]);
  });

  it('shares untouched messages with the original', () => {
    const first = { role: 'user', content: 'Hi' };
    const { out } = clean([first, { role: 'developer', content: 'Be brief.' }]);
    expect(out[0]).toBe(first);
    expect(out[1]).toEqual({ role: 'system', content: 'Be brief.' });
  });

  it('takes a result message back without the fields that are not OpenAI’s', () => {
    const message = {
      role: 'assistant',
      content: 'Noon.',
      refusal: null,
      audio: null,
      tool_calls: [],
      reasoning_content: 'Sun.',
      annotations: [],
      images: [],
      parsed: { a: 1 },
      thinking_blocks: [],
      provider_specific_fields: { a: 1 },
    };
    expect(clean([message]).out).toEqual([{ role: 'assistant', content: 'Noon.' }]);
  });

  it.each([
    ['reasoning_content', { role: 'assistant', content: 'Noon.', reasoning_content: 'Sun.' }],
    ['reasoning', { role: 'assistant', content: 'Noon.', reasoning: 'Sun.' }],
    [
      'thinking_part',
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: [{ type: 'text', text: 'Sun.' }] },
          { type: 'text', text: 'Noon.' },
        ],
      },
    ],
  ] as const)('sends reasoning back as %s', (reasoning_back, expected) => {
    expect(clean([{ role: 'assistant', content: 'Noon.', reasoning_content: 'Sun.' }], { reasoning_back }).out).toEqual(
      [expected],
    );
  });

  it('restores fields that the vendor wants back, on messages and tool calls', () => {
    const message = {
      role: 'assistant',
      content: null,
      provider_specific_fields: { reasoning_details: [{ data: 'QUJD' }], other: 1 },
      tool_calls: [
        {
          id: 'a',
          type: 'function',
          function: { name: 'f', arguments: { x: 1 } },
          index: 0,
          provider_specific_fields: { extra_content: 'c2ln' },
        },
      ],
    };
    expect(clean([message], { send_back: ['reasoning_details', 'extra_content'] }).out).toEqual([
      {
        role: 'assistant',
        content: null,
        reasoning_details: [{ data: 'QUJD' }],
        tool_calls: [
          { id: 'a', type: 'function', function: { name: 'f', arguments: '{"x":1}' }, extra_content: 'c2ln' },
        ],
      },
    ]);
  });

  it('puts images of tool results into a user message after the last result', () => {
    const image = { type: 'image_url', image_url: { url: 'https://images.example.com/a.png' } };
    const calls = ['a', 'b'].map((id) => ({ id, type: 'function', function: { name: 'f', arguments: '{}' } }));
    const messages = [
      { role: 'assistant', content: null, tool_calls: calls },
      { role: 'tool', tool_call_id: 'a', content: [image] },
      { role: 'tool', tool_call_id: 'b', content: 'text' },
    ];
    const { out, warnings } = clean(messages);
    expect(out.map((message) => (message as { role: string }).role)).toEqual(['assistant', 'tool', 'tool', 'user']);
    expect((out[3] as { content: unknown[] }).content).toContain(image);
    expect(warnings.map(({ type, param }) => [type, param])).toEqual([['repair', 'messages[1].content']]);
    expect(clean(messages, { tool_media: true }).out).toBe(messages);
  });

  it('drops empty assistant turns where they are refused, but none that calls a tool', () => {
    const call = {
      role: 'assistant',
      content: '',
      tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }],
    };
    const messages = [{ role: 'user', content: 'Hi' }, { role: 'assistant', content: ' \n' }, call];
    expect(clean(messages, { drop_empty: true }).out).toEqual([messages[0], call]);
    expect(clean(messages).out).toBe(messages);
  });
});
