/**
 * Model strings, and what the models of a family take as far as a request depends on it.
 * Sources: https://docs.aws.amazon.com/bedrock/latest/userguide/{conversation-inference-supported-models-features,
 * structured-output,prompt-caching,model-parameters}.html
 */
import { BadRequestError } from '../../src/core/errors.js';
import type { Options } from '../../src/core/spec.js';
import { modelOf, type Model } from '../anthropic/models.js';

/** Bodies that InvokeModel takes. */
export type Family =
  | 'anthropic'
  | 'nova'
  | 'openai'
  | 'llama'
  | 'mistral'
  | 'titan'
  | 'command'
  | 'cohere'
  | 'deepseek'
  | 'qwen';

export interface Target {
  api: 'converse' | 'invoke';
  /** The body of an InvokeModel request. */
  family: Family;
  region: string | undefined;
  /** Model id, or ARN. */
  id: string;
  /** The name that tells what the model takes. */
  base: string;
}

/** Families as they may stand before an ARN, which does not tell its own. */
const named: Readonly<Record<string, Family>> = {
  anthropic: 'anthropic',
  nova: 'nova',
  openai: 'openai',
  ai21: 'openai',
  moonshot: 'openai',
  llama: 'llama',
  mistral: 'mistral',
  titan: 'titan',
  cohere: 'cohere',
  deepseek_r1: 'deepseek',
  qwen2: 'qwen',
  qwen3: 'qwen',
};

/** By model id. */
const families: readonly (readonly [RegExp, Family])[] = [
  [/anthropic\.|claude/, 'anthropic'],
  [/amazon\.nova/, 'nova'],
  [/amazon\.titan/, 'titan'],
  [/meta\.llama/, 'llama'],
  [/mistral\.(?:mistral-7b|mixtral|mistral-(?:large|small)-2402)/, 'mistral'],
  [/cohere\.command-r/, 'cohere'],
  [/cohere\.command/, 'command'],
  [/deepseek\.r1/, 'deepseek'],
  // Jamba, later Mistrals, DeepSeek, Qwen, gpt-oss, Kimi, GLM, MiniMax and others.
  [/^(?:[\w-]+\.)?[\w-]+\.[\w-]/, 'openai'],
];

/** A segment of a model string that is a region. */
export const regionName = /^(?:af|ap|ca|cn|eu|eusc|il|me|mx|sa|us)(?:-[a-z]+)+-\d$/;
/** The region that an ARN names. */
export const arnRegion = (id: string): string | undefined => arn.exec(id)?.[1] || undefined;
const arn = /^arn:aws[\w-]*:bedrock:([a-z0-9-]*):/;
const isImported = (id: string): boolean => id.startsWith('arn:') && id.includes(':imported-model/');

function refuse(model: string, message: string): never {
  throw new BadRequestError(`model: ${message}`, {
    param: 'model',
    code: 'unsupported_model',
    llm_provider: 'bedrock',
    model,
  });
}

/** The name that tells a model's family: what the caller calls its base, else the id. */
export const baseName = (id: string, options: Options): string =>
  typeof options['base_model'] === 'string' && options['base_model'] !== '' ? options['base_model'] : id;

/** Takes a model string apart: `us-west-2/…`, `converse/…`, `invoke/…`, `llama/arn:…`. */
export function parseModel(model: string, options: Options): Target {
  let id = model;
  let api: Target['api'] | undefined;
  let family: Family | undefined;
  let region: string | undefined;
  for (let slash = id.indexOf('/'); slash >= 0 && !id.startsWith('arn:'); slash = id.indexOf('/')) {
    const segment = id.slice(0, slash);
    if (segment === 'converse' || segment === 'invoke') api = segment;
    else if (regionName.test(segment)) region = segment;
    else if (Object.hasOwn(named, segment)) family = named[segment];
    else if (segment === 'agent' || segment === 'agentcore')
      refuse(model, `"bedrock/${segment}/…" names an agent; only models can be called`);
    else break;
    id = id.slice(slash + 1);
  }
  if (/^\.{0,2}$/.test(id)) refuse(model, `"${model}" names no model`);
  region ??= arnRegion(id);
  const base = baseName(id, options);
  // Converse takes some imported models, InvokeModel all. A family before an ARN says which body such a one wants.
  api ??=
    isImported(id) || (family !== undefined && family !== 'nova' && family !== 'anthropic') ? 'invoke' : 'converse';
  family ??= families.find(([match]) => match.test(base))?.[1] ?? (isImported(id) ? 'openai' : undefined);
  if (family === undefined && api === 'invoke')
    refuse(
      model,
      `this ARN does not tell the body that its model takes; write bedrock/invoke/<family>/<arn>, or pass base_model`,
    );
  return { api, family: family ?? 'openai', region, id, base };
}

export interface ConverseModel {
  /** How it is asked to reason; `effort`: by an effort in words; `hidden`: the ARN does not tell. */
  reasoning: 'claude' | 'nova' | 'effort' | 'hidden' | 'none';
  /** Sealed thinking goes back. */
  sealed: boolean;
  tools: boolean;
  /** Tools in streams; of other models an answer with tools comes whole. */
  stream_tools: boolean;
  /** Calls at once can be forbidden. */
  one_call: boolean;
  /** `$ref` in the schemas of tools. */
  refs: boolean;
  /** `outputConfig.textFormat` and strict tools; older models answer in JSON by calling a tool. */
  structured: boolean;
  /** What may be followed by a cache point, and whether that may live for an hour. */
  cache: 'all' | 'messages' | 'none';
  long_cache: boolean;
  /** The most that a call may demand of `toolChoice`. */
  choice: 'tool' | 'any' | 'auto';
  /** System prompts. */
  system: boolean;
  /** Claude, Nova and Titan are known to take none. */
  audio: boolean;
}

const plain: ConverseModel = {
  reasoning: 'none',
  sealed: false,
  tools: true,
  stream_tools: true,
  one_call: false,
  refs: true,
  structured: false,
  cache: 'none',
  long_cache: false,
  choice: 'auto',
  system: true,
  audio: false,
};
const nova: ConverseModel = { ...plain, cache: 'messages', choice: 'tool', refs: false };

const rows: readonly (readonly [RegExp, ConverseModel])[] = [
  [/amazon\.nova-2/, { ...nova, reasoning: 'nova', audio: true }],
  [/amazon\.nova/, nova],
  [
    /amazon\.titan|cohere\.command-(?:light-)?text|ai21\.j2|mistral\.(?:mistral-7b|mixtral)/,
    { ...plain, tools: false, system: false },
  ],
  [/deepseek\.r1|ai21\.jamba-instruct|meta\.llama(?:2|3-(?:8|70)b|3-2-[13]b)/, { ...plain, tools: false }],
  [/mistral\.(?:mistral-(?:large|small)-24|pixtral)/, { ...plain, choice: 'any', stream_tools: false }],
  [/meta\.llama|ai21\.|writer\./, { ...plain, stream_tools: false }],
  [/cohere\./, plain],
  // An ARN that does not tell its model: nothing is held back.
  [
    /^arn:(?!.*(?:foundation-model|inference-profile\/\w+\.))/,
    {
      ...plain,
      reasoning: 'hidden',
      sealed: true,
      structured: true,
      cache: 'all',
      long_cache: true,
      choice: 'tool',
      audio: true,
    },
  ],
];

/** Models of further vendors, and newer ones, are taken to have what Converse has; they speak OpenAI's protocol behind it. */
const unknown: ConverseModel = { ...plain, reasoning: 'effort', structured: true, choice: 'tool', audio: true };

export const isClaude = (name: string): boolean => /anthropic\.|claude/.test(name);

/** Claudes that AWS holds against an older schema, which knows neither `output_config.format` nor strict tools. */
const lagging = /opus-4[-.][78](?!\d)|(?:opus|sonnet|haiku|fable|mythos)-5(?![-.]\d(?!\d))/;

/** What Claude takes here. */
export const claudeModel = (name: string): Model => {
  const model = modelOf(name);
  return lagging.test(name) ? { ...model, structured: false } : model;
};

/** What a model takes; `name` is its id, or what the caller calls its base. */
export function converseModel(name: string): ConverseModel {
  if (!isClaude(name)) return rows.find(([match]) => match.test(name))?.[1] ?? unknown;
  const { structured, forced_tools } = claudeModel(name);
  // The families of 4.5 and later.
  const recent = modelOf(name).structured;
  return {
    ...plain,
    reasoning: 'claude',
    sealed: true,
    tools: !/claude-(?:v[12]|instant)/.test(name),
    one_call: recent,
    structured,
    cache: 'all',
    long_cache: recent,
    choice: forced_tools ? 'tool' : 'auto',
  };
}
