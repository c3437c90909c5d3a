/**
 * What models of a family take, as far as a request depends on it. Rows are tried in order; a name that no row knows
 * counts as a model newer than all of them, or as one of another vendor behind a compatible server.
 * Sources: https://platform.claude.com/docs/en/models/overview (output limits),
 * …/docs/en/build-with-claude/{thinking-troubleshooting,effort,structured-outputs,mid-conversation-system-messages}
 */

/** Anthropic's `output_config.effort`. */
export type Effort = 'low' | 'medium' | 'high' | 'xhigh' | 'max';

export interface Model {
  match: RegExp;
  /** The most output tokens that a request may ask for. */
  max_tokens: number;
  /** How thinking is asked for: not at all, by a token budget, adaptively, or either way. */
  thinking: 'none' | 'budget' | 'either' | 'adaptive';
  /** `thinking.type` that switches thinking off; null where it cannot be, undefined where nothing need be sent. */
  off?: 'disabled' | 'between_tools' | null;
  efforts: readonly Effort[];
  /** `temperature` and `top_p`: both, one of them at a time, or only their defaults (then no `top_k` either). */
  sampling: 'free' | 'one' | 'fixed';
  /** `output_config.format` and strict tools. */
  structured: boolean;
  /** False where `tool_choice` may be `auto` or `none` only. */
  forced_tools: boolean;
  /** System messages in mid-conversation. */
  mid_system: boolean;
}

const all: readonly Effort[] = ['low', 'medium', 'high', 'xhigh', 'max'];
const old = { efforts: [], sampling: 'free', structured: false, forced_tools: true, mid_system: false } as const;
const four = { ...old, sampling: 'one', structured: true } as const;
const five = {
  max_tokens: 128_000,
  thinking: 'adaptive',
  efforts: all,
  sampling: 'fixed',
  structured: true,
  forced_tools: true,
  mid_system: true,
} as const;

const rows: readonly Model[] = [
  { match: /opus-5[-.][5-9]|(?:fable|mythos)-5[-.][1-9](?!\d)/, ...five, off: null, forced_tools: false },
  { match: /sonnet-5[-.][5-9]/, ...five, off: 'between_tools', forced_tools: false },
  { match: /(?:fable|mythos)-5/, ...five, off: null },
  { match: /(?:opus|sonnet|haiku)-5|opus-4[-.]8(?!\d)/, ...five, off: 'disabled' },
  { match: /opus-4[-.]7(?!\d)/, ...five, off: 'disabled', mid_system: false },
  {
    match: /mythos-preview/,
    ...five,
    thinking: 'either',
    off: null,
    efforts: ['low', 'medium', 'high', 'max'],
    mid_system: false,
  },
  {
    match: /(?:opus|sonnet)-4[-.]6(?!\d)/,
    ...four,
    max_tokens: 128_000,
    thinking: 'either',
    off: 'disabled',
    efforts: ['low', 'medium', 'high', 'max'],
  },
  { match: /opus-4[-.]5(?!\d)/, ...four, max_tokens: 64_000, thinking: 'budget', efforts: ['low', 'medium', 'high'] },
  { match: /(?:sonnet|haiku)-4[-.]5(?!\d)/, ...four, max_tokens: 64_000, thinking: 'budget' },
  { match: /opus-4[-.]1(?!\d)/, ...old, max_tokens: 32_000, thinking: 'budget', sampling: 'one' },
  { match: /opus-4|claude-4-opus/, ...old, max_tokens: 32_000, thinking: 'budget' },
  { match: /sonnet-4|claude-4-sonnet|claude-3[-.]7/, ...old, max_tokens: 64_000, thinking: 'budget' },
  { match: /claude-3[-.]5/, ...old, max_tokens: 8192, thinking: 'none' },
  { match: /claude-(?:3|2|v2|v1|instant)/, ...old, max_tokens: 4096, thinking: 'none' },
  { match: /claude/, ...five, off: 'disabled' },
];

/** Kimi, GLM, MiniMax and others serve this protocol too; they have the older fields. */
const foreign: Model = { match: /(?:)/, ...old, max_tokens: 8192, thinking: 'budget' };

export const modelOf = (name: string): Model => rows.find((row) => row.match.test(name)) ?? foreign;
