/**
 * How the model families name their inputs. Every model on Replicate has a schema of its own, shown on its page
 * (https://replicate.com/<owner>/<name>/api/schema); a model that no rule knows gets `prompt`, `image` and `max_tokens`.
 */

/** How turns are written where the model's input is one prompt: in its own chat template, or as a plain transcript. */
export type Dialogue = 'messages' | 'llama-3' | 'llama-2' | 'mistral' | 'transcript';

export interface Family {
  /** The input for the system prompt; without one it stands at the head of the prompt. */
  system?: string;
  /** The input for images; absent where the model sees none. `many`: a list of them. */
  images?: { name: string; many?: true };
  /** The input for a list of videos. */
  videos?: string;
  max_tokens: string;
  /** How a conversation of several turns is written. */
  dialogue: Dialogue;
  /** Takes `reasoning_effort` and `verbosity`. */
  effort?: true;
  /** Takes `extended_thinking` and `thinking_budget_tokens`. */
  thinking?: true;
}

const families: readonly (Family & { match: RegExp })[] = [
  {
    match: /^openai\/(?!gpt-oss)/,
    system: 'system_prompt',
    images: { name: 'image_input', many: true },
    max_tokens: 'max_completion_tokens',
    dialogue: 'messages',
    effort: true,
  },
  {
    match: /^anthropic\//,
    system: 'system_prompt',
    images: { name: 'image' },
    max_tokens: 'max_tokens',
    dialogue: 'transcript',
    thinking: true,
  },
  {
    match: /^google\/gemini/,
    system: 'system_instruction',
    images: { name: 'images', many: true },
    videos: 'videos',
    max_tokens: 'max_output_tokens',
    dialogue: 'transcript',
  },
  { match: /^meta\/(?:meta-)?llama-3/, system: 'system_prompt', max_tokens: 'max_tokens', dialogue: 'llama-3' },
  { match: /^meta\/(?:llama-2|codellama)/, system: 'system_prompt', max_tokens: 'max_new_tokens', dialogue: 'llama-2' },
  { match: /^mistralai\/mi[sx]tral/, max_tokens: 'max_new_tokens', dialogue: 'mistral' },
  {
    match: /^ibm-granite\/granite-(?:3\.[3-9]|[4-9])/,
    system: 'system_prompt',
    max_tokens: 'max_tokens',
    dialogue: 'messages',
  },
  { match: /^ibm-granite\//, system: 'system_prompt', max_tokens: 'max_tokens', dialogue: 'transcript' },
  { match: /^(?:deepseek-ai|meta|qwen)\//, max_tokens: 'max_tokens', dialogue: 'transcript' },
];
const unknown: Family = { images: { name: 'image' }, max_tokens: 'max_tokens', dialogue: 'transcript' };

export const familyOf = (model: string): Family => families.find(({ match }) => match.test(model)) ?? unknown;

/**
 * Where a prediction of the model is made, and the version that the body names: official models by name, versions by
 * their hash (also after a colon), deployments. https://replicate.com/docs/topics/predictions/create-a-prediction
 */
export function placeOf(model: string): { path: string; version?: string } {
  const version = /(?:^|:)([0-9a-f]{64})$/.exec(model)?.[1];
  if (version !== undefined) return { path: '/predictions', version };
  if (model.startsWith('deployments/')) return { path: `/${model}/predictions` };
  return { path: `/models/${model}/predictions` };
}
