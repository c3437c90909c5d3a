/** What an answer costs does not depend on whether it came whole or in pieces. */
import { describe, expect, it } from 'vitest';
import type { HiddenParams } from '../../src/index.js';
import { byProvider, cases, present, why } from '../usage/recorded.js';
import { bytesOf, type Recorded, replay, type Replayed } from '../usage/replay.js';
import { isStream, vectors } from '../usage/vectors.js';
import { asStream } from './as-stream.js';

async function costOf(
  call: Replayed,
  answer: Recorded,
): Promise<Pick<HiddenParams, 'response_cost' | 'computed_cost'>> {
  const { _hidden_params } = (await replay(call, answer)) as unknown as { _hidden_params: HiddenParams };
  const { response_cost, computed_cost } = _hidden_params;
  return { response_cost, ...(computed_cost !== undefined && { computed_cost }) };
}

const streamed = (input: Record<string, unknown>): Record<string, unknown> => ({
  ...input,
  stream: true,
  stream_options: { include_usage: true },
});

/** Providers whose streams are those of the protocol. */
const plain =
  /^(?:anthropic|azure|bedrock|cohere|compatible|deepseek|gemini|groq|mistral|ollama|openai|vertex_ai|xai)$/;

describe('vectors', () => {
  const whole = vectors.filter(
    ({ path, endpoint, provider, response, ...answer }) =>
      // InvokeModel's streams wrap those of its models.
      endpoint === 'chat' &&
      plain.test(provider) &&
      !path.includes('invoke') &&
      !isStream(answer) &&
      asStream(response),
  );

  it('there are many, of all protocols', () => {
    expect(whole.length).toBeGreaterThan(100);
    for (const provider of ['openai', 'anthropic', 'gemini', 'vertex_ai', 'bedrock', 'cohere', 'ollama'])
      expect(whole.map((vector) => vector.provider)).toContain(provider);
  });

  it.each(whole)('$path', async ({ endpoint, input, env, response, headers = {} }) => {
    const once = await costOf({ endpoint, input, env }, bytesOf({ response, headers }));
    const pieces = { ...asStream(response), headers };
    expect(await costOf({ endpoint, input: streamed(input), env }, bytesOf(pieces))).toEqual(once);
  });
});

describe.skipIf(!present)('recorded answers', () => {
  const chats = (present ? cases() : []).filter(({ endpoint }) => endpoint === 'chat');
  const wholes = chats.filter(({ recording }) => !recording.stream && recording.api !== 'invoke');

  it.each(byProvider(wholes))('of %s, as streams', async (_, recorded) => {
    const different: unknown[] = [];
    for (const { recording, endpoint, input, answer } of recorded) {
      const pieces = asStream(recording.response);
      if (pieces === undefined) continue;
      const once = await costOf({ endpoint, input }, answer);
      const bytes = { ...bytesOf(pieces), headers: { ...answer.headers } };
      delete bytes.headers['content-type'];
      const inPieces = await costOf({ endpoint, input: streamed(input) }, bytes);
      if (JSON.stringify(once) !== JSON.stringify(inPieces)) different.push({ id: recording.id, once, inPieces });
    }
    expect(different).toEqual([]);
  });

  it('of both forms', async () => {
    const streams = new Map(chats.filter(({ recording }) => recording.stream).map((each) => [each.recording.id, each]));
    const twins = wholes.flatMap((each) => {
      const twin = streams.get(each.recording.id);
      return twin !== undefined && JSON.stringify(twin.facts.usage) === JSON.stringify(each.facts.usage)
        ? [[each, twin] as const]
        : [];
    });
    expect(twins.length).toBeGreaterThan(0);
    for (const [whole, stream] of twins)
      expect(await costOf(stream, stream.answer), whole.recording.id).toEqual(await costOf(whole, whole.answer));
  });
});

it.runIf(!present)('recorded answers are skipped', ({ skip }) => skip(why));
