/**
 * Model strings, and what models of a family take as far as a request depends on it.
 * Sources: https://docs.aws.amazon.com/bedrock/latest/userguide/{conversation-inference-supported-models-features,
 * structured-output,prompt-caching}.html and the vendors' pages on inference parameters there
 */
import { BadRequestError } from '../../src/core/errors.js';
import type { Options } from '../../src/core/spec.js';
import { modelOf } from '../anthropic/models.js';

/** Bodies that InvokeModel takes. */
export type Family = 'anthropic' | 'nova' | 'openai' | 'llama' | 'mistral' | 'titan' | 'command' | 'deepseek' | 'qwen' | 'cohere';

export interface Target {
  api: 'converse' | 'invoke';
  /** The body of an InvokeModel request. */
  family: Family;
  region: string | undefined;
  /** Model id, or ARN. */
  id: string;
}

/** Families as they may stand before an ARN, which does not tell its own. */
const named: Readonly<Record<string, Family>> = {
  anthropic: 'anthropic',
  claude: 'anthropic',
  nova: 'nova',
  openai: 'openai',
  moonshot: 'openai',
  ai21: 'openai',
  llama: 'llama',
  mistral: 'mistral',
  titan: 'titan',
  cohere: 'cohere',
  deepseek_r1: 'deepseek',
  qwen2: 'qwen',
  qwen3: 'qwen',
};

/** By model id: the first row that fits. All else takes OpenAI's body. */
const families: readonly (readonly [RegExp, Family])[] = [
  [/anthropic\.claude/, 'anthropic'],
  [/amazon\.nova/, 'nova'],
  [/amazon\.titan/, 'titan'],
  [/meta\.llama/, 'llama'],
  [/mistral\.(?:mistral-7b|mixtral)/, 'mistral'],
  [/mistral\.mistral-(?:large|small)-240[2]/, 'mistral'],
  [/cohere\.command-r/, 'cohere'],
  [/cohere\.command/, 'command'],
  [/deepseek\.r1/, 'deepseek'],
];

const familyOf = (name: string): Family => families.find(([match]) => match.test(name))?.[1] ?? 'openai';

const regionName = /^(?:af|ap|ca|cn|eu|eusc|il|me|mx|sa|us)(?:-[a-z]+)+-\d$/;
const arn = /^arn:aws[\w-]*:bedrock:([a-z0-9-]*):/;

/** Takes a model string apart: `us-west-2/…`, `converse/…`, `invoke/…`, `llama/arn:…`. */
export function parseModel(model: string, options: Options): Target {
  let rest = model;
  let api: Target['api'] | undefined;
  let family: Family | undefined;
  let region: string | undefined;
  for (;;) {
    const slash = rest.indexOf('/');
    if (slash < 0 || rest.startsWith('arn:')) break;
    const segment = rest.slice(0, slash);
    if (segment === 'converse' || segment === 'invoke') api = segment;
    else if (segment === 'agent' || segment === 'agentcore')
      throw new BadRequestError(`model: "bedrock/${segment}/…" names an agent; only models can be called`, {
        param: 'model',
        code: 'unsupported_model',
        llm_provider: 'bedrock',
        model,
      });
    else if (regionName.test(segment)) region = segment;
    else if (Object.hasOwn(named, segment)) family = named[segment];
    else break;
    rest = rest.slice(slash + 1);
  }
  region ??= arn.exec(rest)?.[1] || undefined;
  const base = typeof options.base_model === 'string' ? options.base_model : rest;
  // Converse takes no imported models; elsewhere a family before an ARN says which body the model wants.
  const imported = /:(?:imported|custom)-model\//.test(rest) && rest.includes(':imported-model/');
  api ??= imported || (family !== undefined && family !== 'nova' && family !== 'anthropic') ? 'invoke' : 'converse';
  return { api, family: family ?? familyOf(base), region, id: rest };
}

/** How a model of the Converse API is asked to reason. */
export type Reasoning = 'claude' | 'nova' | 'effort' | 'none';

export interface ConverseModel {
  match: RegExp;
  reasoning: Reasoning;
  /** `outputConfig.textFormat` and strict tools; older models answer in JSON by calling a tool. */
  structured: boolean;
  /** Where cache points may stand. */
  cache: 'everywhere' | 'messages' | 'nowhere';
  /** What a call may demand of `toolChoice`. */
  choice: 'tool' | 'any' | 'auto';
  /** System prompts. */
  system: boolean;
}

const plain = { reasoning: 'none', structured: false, cache: 'nowhere', choice: 'auto', system: true } as const;

const rows: readonly ConverseModel[] = [
  { match: /amazon\.nova-2/, ...plain, reasoning: 'nova', cache: 'messages', choice: 'tool' },
  { match: /amazon\.nova/, ...plain, cache: 'messages', choice: 'tool' },
  { match: /amazon\.titan/, ...plain, system: false },
  { match: /meta\.llama/, ...plain },
  { match: /mistral\.(?:mistral-7b|mixtral)/, ...plain, system: false, choice: 'any' },
  { match: /mistral\.(?:mistral-(?:large|small)-24|pixtral)/, ...plain, choice: 'any' },
  { match: /cohere\.command-r/, ...plain },
  { match: /cohere\./, ...plain, system: false },
  { match: /ai21\.j2/, ...plain, system: false },
  { match: /ai21\./, ...plain },
  { match: /deepseek\.r1/, ...plain },
  { match: /writer\./, ...plain },
  { match: /openai\.gpt-oss/, ...plain, reasoning: 'effort', structured: true, choice: 'any' },
];

/** Models of other vendors, and newer ones, are taken to have what Converse has; they speak OpenAI's protocol behind it. */
const unknown: ConverseModel = {
  match: /(?:)/,
  reasoning: 'effort',
  structured: true,
  cache: 'nowhere',
  choice: 'any',
  system: true,
};
/** An ARN that does not tell its model: nothing is held back. */
const opaque: ConverseModel = { ...unknown, cache: 'everywhere', choice: 'tool' };

/** The name that tells a model's family: what the caller calls its base, else the id. */
export const baseName = (model: string, options: Options): string =>
  typeof options.base_model === 'string' && options.base_model !== '' ? options.base_model : model;

export const isClaude = (name: string): boolean => /anthropic\.|claude/.test(name);

export function converseModel(name: string): ConverseModel {
  if (isClaude(name))
    return {
      match: /claude/,
      reasoning: 'claude',
      structured: modelOf(name).structured,
      cache: 'everywhere',
      choice: modelOf(name).forced_tools ? 'tool' : 'auto',
      system: true,
    };
  return rows.find(({ match }) => match.test(name)) ?? (/^arn:[^/]*:(?:application-inference-profile|provisioned-model|custom-model-deployment|prompt|prompt-router|default-prompt-router)\//.test(name) ? opaque : unknown);
}
