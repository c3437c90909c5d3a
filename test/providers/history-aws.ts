/** Bedrock in the history matrix: Converse, and the bodies of InvokeModel; its second endpoint. */
import type { JsonObject } from '../../src/index.js';
import { sign } from '../../src/testing/words.js';
import { assistantContent, halves, said, thinking, thought, type Protocol, type Wire } from './history-facts.js';
import { shaped, groqCalls } from './history-openai-shaped.js';
import { claude, claudeEvents, signed } from './history-own-shaped.js';
import { checkConverse } from './history-rules.js';

// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_{Converse,ConverseStream}.html

const toolUse = (toolUseId: string, port: string): JsonObject => ({
  toolUse: { toolUseId, name: 'get_tide', input: { port } },
});
const calls = [toolUse('tooluse_Ab1', 'Sines'), toolUse('tooluse_Cd2', 'Faro')];
const spoken: JsonObject[] = [{ text: said }, ...calls];
const reasoned: JsonObject[] = [
  { reasoningContent: { reasoningText: { text: thought, signature: sign(thought) } } },
  ...spoken,
];

/** The start of a block, where it has one, and the deltas that fill it. */
function blockEvents(block: JsonObject, contentBlockIndex: number): [name: string, payload: JsonObject][] {
  const delta = (piece: JsonObject): [string, JsonObject] => ['contentBlockDelta', { contentBlockIndex, delta: piece }];
  const stop: [string, JsonObject] = ['contentBlockStop', { contentBlockIndex }];
  const { text, toolUse: use, reasoningContent: reasoning } = block as Record<string, JsonObject | undefined>;
  if (typeof text === 'string') return [...halves(text).map((piece) => delta({ text: piece })), stop];
  if (reasoning !== undefined) {
    const { text: thoughts, signature } = reasoning['reasoningText'] as Record<string, string>;
    const pieces = halves(String(thoughts)).map((piece) => delta({ reasoningContent: { text: piece } }));
    return [...pieces, delta({ reasoningContent: { signature } }), stop];
  }
  const { input, ...start } = use as JsonObject;
  const pieces = halves(JSON.stringify(input)).map((piece) => delta({ toolUse: { input: piece } }));
  return [['contentBlockStart', { contentBlockIndex, start: { toolUse: start } }], ...pieces, stop];
}

const counts = { inputTokens: 9, outputTokens: 4, totalTokens: 13 };
const events = (blocks: JsonObject[]): [string, JsonObject][] => [
  ['messageStart', { role: 'assistant' }],
  ...blocks.flatMap(blockEvents),
  ['messageStop', { stopReason: 'tool_use' }],
  ['metadata', { usage: counts, metrics: { latencyMs: 9 } }],
];
const converseStream = (blocks: JsonObject[]): Wire => ({
  messages: events(blocks).map(([name, payload]) => ({ headers: { ':event-type': name }, payload })),
});
/** Events of a model, as InvokeModel hands them on. */
const invoked = (chunks: unknown[]): Wire => ({
  messages: chunks.map((chunk) => ({ headers: { ':event-type': 'chunk' }, chunk })),
});

const region = { aws_region_name: 'eu-west-1' };
const converse = (model: string, blocks: JsonObject[], more: Partial<Protocol> = {}): Protocol => ({
  model,
  options: region,
  answer: {
    output: { message: { role: 'assistant', content: blocks } },
    stopReason: 'tool_use',
    usage: counts,
  },
  stream: converseStream(blocks),
  turn: assistantContent,
  own: blocks,
  ids: ['tooluse_Ab1', 'tooluse_Cd2'],
  holds: [],
  sealed: [],
  family: 'bedrock',
  check: checkConverse,
  ...more,
});

const claudeModel = 'anthropic.claude-sonnet-4-5-20250929-v1:0';
const reasons = { content: said, reasoning_content: thought, tool_calls: groqCalls };
const nova = 'amazon.nova-lite-v1:0';
const invokedClaude = claude(`bedrock/invoke/${claudeModel}`, { options: region });
const openaiInvoked = shaped('bedrock/invoke/openai.gpt-oss-120b-1:0', reasons, { options: region });

export const awsShaped: Readonly<Record<string, Protocol>> = {
  bedrock: converse(`bedrock/${claudeModel}`, reasoned, {
    holds: [thinking, signed],
    sealed: [sign(thought)],
    family: 'claude',
    check: (body) => checkConverse(body, { claude: true }),
  }),
  bedrock_nova: converse(`bedrock/${nova}`, spoken),
  bedrock_mistral: converse('bedrock/mistral.mistral-large-2402-v1:0', spoken),
  bedrock_invoke_claude: { ...invokedClaude, stream: invoked(claudeEvents(invokedClaude.own as JsonObject[])) },
  bedrock_invoke_nova: converse(`bedrock/invoke/${nova}`, spoken, {
    stream: invoked(events(spoken).map(([name, payload]) => ({ [name]: payload }))),
  }),
  bedrock_invoke_openai: {
    ...openaiInvoked,
    stream: invoked(
      (openaiInvoked.stream as { events: string[] }).events
        .filter((data) => data !== '[DONE]')
        .map((data) => JSON.parse(data) as unknown),
    ),
  },
  bedrock_mantle: shaped('bedrock_mantle/openai.gpt-oss-120b', reasons, { options: region }),
  bedrock_mantle_claude: claude('bedrock_mantle/anthropic.claude-sonnet-4-5', { options: region }),
};
