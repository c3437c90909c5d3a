import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { chat } from '../../../providers/gemini/chat.js';
import type { Candidate, GenerateContentResponse, Part } from '../../../providers/gemini/wire.js';
import type { Call } from '../../../src/core/spec.js';
import { ChatAssembler } from '../../../src/endpoints/chat-stream.js';
import type { ChatCompletion, ChatCompletionChunk, ChatCompletionMessage } from '../../../src/types/chat.js';

/** Recorded exchanges, which lie outside the repository and are not always there. */
const folder = new URL('../../../../shared/traffic/', import.meta.url);
const present = existsSync(folder);
if (!present) console.log('recorded traffic is absent: its tests are skipped');

interface Recorded {
  id: string;
  api: string;
  model: string | null;
  status: number;
  response: GenerateContentResponse | null;
  sse: string | null;
}

function records(): Recorded[] {
  return ['gemini', 'vertex_ai'].flatMap((name) =>
    gunzipSync(readFileSync(new URL(`${name}.jsonl.gz`, folder)))
      .toString('utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Recorded)
      .filter(({ api, status }) => api.endsWith('enerateContent') && status === 200),
  );
}

const callOf = (model: string, messages: unknown[] = []): Call<'chat'> =>
  ({ model, stream: false, options: {}, params: { model, messages }, warn() {} }) as unknown as Call<'chat'>;
const pieces = ({ sse, response }: Recorded): GenerateContentResponse[] =>
  sse === null
    ? [response as GenerateContentResponse]
    : sse
        .split(/\r?\n\r?\n/)
        .filter((event) => event.trim() !== '')
        .map((event) => JSON.parse(event.replace(/^data: ?/, '')) as GenerateContentResponse);

/** Unsigned pieces of one kind as one text; empty ones left out. */
function joined(parts: Part[], ids: boolean): Part[] {
  const out: Part[] = [];
  for (const part of parts) {
    const { functionCall, thoughtSignature, text, thought } = part;
    const last = out.at(-1);
    const signature = thoughtSignature === undefined ? {} : { thoughtSignature };
    if (functionCall !== undefined) {
      const { name, args = {}, id } = functionCall;
      out.push({ functionCall: { name, args, ...(ids && id !== undefined && { id }) }, ...signature });
    } else if (text === '' && thoughtSignature === undefined) continue;
    else if (
      text !== undefined &&
      thoughtSignature === undefined &&
      last?.text !== undefined &&
      last.thoughtSignature === undefined &&
      last.thought === thought
    )
      last.text += text;
    else out.push({ ...part });
  }
  return out;
}

const candidateOf = ({ candidates }: GenerateContentResponse): Candidate | undefined => candidates?.[0];

test.runIf(present)(
  'recorded answers read alike whole and streamed, and their turns are sent back as they came',
  () => {
    let compared = 0;
    for (const record of records()) {
      const list = pieces(record);
      const parts = list.flatMap((piece) => candidateOf(piece)?.content?.parts ?? []);
      if (list.every((piece) => candidateOf(piece) === undefined)) continue;
      const model = record.model ?? 'gemini-2.5-flash';
      const call = callOf(model);
      const whole = chat.response(list, call, { status: 200, headers: {} }) as ChatCompletion;
      const message = whole.choices[0]?.message as ChatCompletionMessage;

      const decoder = chat.stream?.decoder(call, { status: 200, headers: {} });
      const out: ChatCompletionChunk[] = [];
      for (const piece of list) decoder?.push({ data: JSON.stringify(piece) }, out);
      if (decoder?.done === false) decoder.end?.(out);
      expect(decoder?.done, record.id).toBe(true);
      const assembler = new ChatAssembler(model, 0);
      for (const chunk of out) assembler.add(chunk);
      expect(assembler.result().choices[0]?.message, record.id).toEqual(message);

      // Arguments in pieces come back whole; models that do not think get no thoughts back.
      if (parts.some(({ functionCall: made }) => made?.partialArgs !== undefined || made?.willContinue !== undefined))
        continue;
      if (/gemini-(?:1|2\.0)/.test(model) && parts.some(({ thought }) => thought === true)) continue;
      const question = { role: 'user', content: 'hi' };
      const results = (message.tool_calls ?? []).map(({ id }) => ({ role: 'tool', tool_call_id: id, content: 'ok' }));
      const messages = [question, JSON.parse(JSON.stringify(message)), ...results, question];
      const body = chat.request(callOf(model, messages), {}).body as { contents: { role: string; parts: Part[] }[] };
      const back = body.contents.find(({ role }) => role === 'model')?.parts ?? [];
      const ids =
        /gemini-3/.test(model) && parts.every(({ functionCall: made }) => made === undefined || made.id !== undefined);
      expect(joined(back, ids), record.id).toEqual(joined(parts, ids));
      compared++;
    }
    expect(compared).toBeGreaterThan(150);
  },
);
