/** Which encoding a model counts in. */
import type { EncodingName } from '../types/tokens.js';

export interface Choice {
  encoding: EncodingName;
  /** The encoding is the model's own. */
  own: boolean;
}

/** Without providers and regions before it, and of a tuned model the one that was tuned. */
function plainName(model: string): string {
  const name = model.slice(model.lastIndexOf('/') + 1);
  return name.startsWith('ft:') ? (name.split(':')[1] ?? name) : name;
}

/** Since GPT-4o all of OpenAI's. */
const o200k =
  /gpt-4o|^(?:chatgpt-4o|gpt-4\.?[15](?:-|$)|gpt-(?:[5-9]|[12]\d)(?:[.-]|$)|o[1-9]\d*(?:[.-]|$)|gpt-(?:oss|audio|realtime|rosalind)(?:-|$)|(?:gpt-)?(?:chat-latest|daybreak-)|(?:codex|computer-use)-)/;
const cl100k = /^(?:gpt-4(?:-|$)|gpt-3\.?5(?:-|$)|text-embedding-(?:3|ada-002)(?:-|$)|(?:davinci|babbage)-002$)/;
/** Claude's tokenizer has not been published since Claude 2; LiteLLM takes it for later models too, save for Claude 3. */
const claude = /^claude-(?!3)/;
const claude2 = /^claude-(?:2|instant)/;
const deepseek = /deepseek[-_.](?:chat[-_.])?v[34]|(?:^|\/)deepseek-(?:chat|reasoner|flash)(?::free)?$/i;
const deepseekV3 = /deepseek[-_.](?:chat[-_.])?v3/i;

/** A model that is not known counts in cl100k_base. */
export function encodingOf(model: string): Choice {
  if (claude.test(model)) return { encoding: 'claude_2', own: claude2.test(model) };
  if (deepseek.test(model)) return { encoding: 'deepseek_v3', own: deepseekV3.test(model) };
  const name = plainName(model);
  if (o200k.test(name)) return { encoding: 'o200k_base', own: true };
  return { encoding: 'cl100k_base', own: cl100k.test(name) };
}
