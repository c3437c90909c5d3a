import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chat } from '../../../providers/gemini/chat.js';
import type { Part } from '../../../providers/gemini/wire.js';
import type { Call, JsonObject, Warning } from '../../../src/core/spec.js';
import { ChatAssembler } from '../../../src/endpoints/chat-stream.js';
import type { ChatCompletion, ChatCompletionChunk, ChatCompletionMessage } from '../../../src/types/chat.js';

const model = 'gemini-3-flash-preview';
const callWith = (params: JsonObject, warnings: Warning[] = []): Call<'chat'> =>
  ({
    model,
    stream: false,
    options: {},
    params: { model, messages: [], ...params },
    warn: (warning: Warning) => warnings.push(warning),
  }) as unknown as Call<'chat'>;

interface Contents {
  contents: { role: string; parts: Part[] }[];
}

/** The parts of the model's turn when a message of its is sent back. */
function sentBack(message: ChatCompletionMessage): Part[] {
  const question = { role: 'user', content: 'hi' };
  const results = (message.tool_calls ?? []).map(({ id }) => ({ role: 'tool', tool_call_id: id, content: 'ok' }));
  const call = callWith({ messages: [question, message, ...results, question] });
  const { contents } = chat.request(call, {}).body as unknown as Contents;
  return contents[1]?.role === 'model' ? contents[1].parts : [];
}

const answer = (parts: Part[]): object => ({
  candidates: [{ content: { role: 'model', parts }, finishReason: 'STOP', index: 0 }],
  usageMetadata: { promptTokenCount: 1, totalTokenCount: 1 },
  responseId: 'r',
});

const readWhole = (parts: Part[]): ChatCompletionMessage => {
  const completion = chat.response(answer(parts), callWith({}), { status: 200, headers: {} }) as ChatCompletion;
  return completion.choices[0]?.message as ChatCompletionMessage;
};

/** One part an event. */
function readStreamed(parts: Part[]): ChatCompletionMessage {
  const decoder = chat.stream?.decoder(callWith({}), { status: 200, headers: {} });
  const out: ChatCompletionChunk[] = [];
  for (const [index, part] of parts.entries()) {
    const last = index === parts.length - 1;
    const event = {
      candidates: [{ content: { parts: [part] }, ...(last && { finishReason: 'STOP' }) }],
      responseId: 'r',
    };
    decoder?.push({ data: JSON.stringify({ ...event, ...(last && { usageMetadata: {} }) }) }, out);
  }
  if (decoder?.done === false) decoder.end?.(out);
  const assembler = new ChatAssembler(model, 0);
  for (const chunk of out) assembler.add(chunk);
  return assembler.result().choices[0]?.message as ChatCompletionMessage;
}

const word = fc.string({ minLength: 1, maxLength: 8, unit: 'grapheme' });
const signature = fc.option(
  fc.base64String({ minLength: 4, maxLength: 12 }).filter((text) => text !== ''),
  { nil: undefined },
);
const signed = (part: fc.Arbitrary<Part>): fc.Arbitrary<Part> =>
  fc
    .tuple(part, signature)
    .map(([made, thoughtSignature]) => (thoughtSignature ? { ...made, thoughtSignature } : made));

const partOfTurn = fc.oneof(
  signed(word.map((text) => ({ text }))),
  signed(word.map((text) => ({ text, thought: true }))),
  signed(fc.constant({ executableCode: { language: 'PYTHON', code: '1' } })),
  fc.constant({ codeExecutionResult: { outcome: 'OUTCOME_OK' } }),
  signed(fc.constant({ toolCall: { id: 's', toolType: 'GOOGLE_SEARCH_WEB' } })),
  signed(fc.constant({ inlineData: { mimeType: 'image/png', data: 'AAAA' } })),
);
/** A turn as Gemini 3 makes them: calls have ids, the first one a signature. */
const turn = fc
  .tuple(fc.array(partOfTurn, { minLength: 1, maxLength: 6 }), fc.nat({ max: 2 }), fc.nat())
  .map(([parts, calls, at]): Part[] => {
    const made = Array.from({ length: calls }, (_, index): Part => ({
      functionCall: { name: 'f', args: { index }, id: `id${index}` },
      ...(index === 0 && { thoughtSignature: 'Zmlyc3Q=' }),
    }));
    return parts.toSpliced(at % (parts.length + 1), 0, ...made);
  });

/** Unsigned neighbours of one kind are one text. */
function joined(parts: Part[]): Part[] {
  const out: Part[] = [];
  for (const part of parts) {
    const last = out.at(-1);
    const plain = (each: Part | undefined): boolean => each?.text !== undefined && each.thoughtSignature === undefined;
    if (last !== undefined && plain(last) && plain(part) && last.thought === part.thought)
      out[out.length - 1] = { ...last, text: `${last.text}${part.text}` };
    else out.push(part);
  }
  return out;
}

describe('a turn that is sent back after a trip through JSON', () => {
  const throughJson = (message: ChatCompletionMessage): ChatCompletionMessage =>
    JSON.parse(JSON.stringify(message)) as ChatCompletionMessage;

  test('has the parts, the order and the signatures that the model gave', () => {
    fc.assert(
      fc.property(turn, (parts) => {
        expect(sentBack(throughJson(readWhole(parts)))).toEqual(joined(parts));
      }),
    );
  });

  test('has them also when it was streamed', () => {
    fc.assert(
      fc.property(turn, (parts) => {
        const streamed = readStreamed(parts);
        expect(streamed).toEqual(readWhole(parts));
        expect(sentBack(throughJson(streamed))).toEqual(joined(parts));
      }),
    );
  });

  test('keeps what it says when its text was changed since', () => {
    const message = readWhole([{ text: 'One', thoughtSignature: 'c2ln' }, { text: ' two' }]);
    expect(sentBack({ ...message, content: 'Three' })).toEqual([{ text: 'Three', thoughtSignature: 'c2ln' }]);
  });

  test('is left out where nothing remains of it', () => {
    expect(sentBack({ role: 'assistant', content: null, refusal: null })).toEqual([]);
  });
});

describe('plain turns', () => {
  test('need no record of their order', () => {
    const parts = [
      { text: 'Hm.', thought: true },
      { text: 'Yes', thoughtSignature: 'c2ln' },
      { functionCall: { name: 'f', args: {}, id: 'i' }, thoughtSignature: 'Y2FsbA==' },
    ];
    expect(readWhole(parts).provider_specific_fields).toEqual({ thought_signatures: ['c2ln'] });
    expect(readWhole([{ text: 'Yes' }]).provider_specific_fields).toBeUndefined();
  });

  test('made elsewhere say so in place of a signature, and the change is noted', () => {
    const warnings: Warning[] = [];
    const messages = [
      { role: 'user', content: 'hi' },
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }],
      },
      { role: 'tool', tool_call_id: 'a', content: 'ok' },
    ];
    const { contents } = chat.request(callWith({ messages }, warnings), {}).body as unknown as Contents;
    const [part] = contents[1]?.parts ?? [];
    expect(atob(part?.thoughtSignature ?? '')).toBe('skip_thought_signature_validator');
    expect(warnings).toMatchObject([{ type: 'repair', param: 'messages[1].tool_calls' }]);
  });
});
