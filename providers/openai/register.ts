/** Checks a provider row that a user hands in, and makes a provider of it. Loaded, with zod, at the first such row. */
import { z } from 'zod';
import { BadRequestError } from '../../src/core/errors.js';
import type { Provider } from '../../src/core/spec.js';
import { makeProvider } from './compatible-provider.js';
import type { ModelRule, Quirks, Row } from './quirks.js';

const names = z.array(z.string());
const nameOrNames = z.union([z.string(), names]);
const texts = z.record(z.string(), z.string());
const values = z.record(z.string(), z.record(z.string(), z.union([z.record(z.string(), z.unknown()), z.null()])));
const params = {
  omit: names.optional(),
  also: names.optional(),
  local: names.optional(),
  rename: texts.optional(),
  values: values.optional(),
};
const roles = z.strictObject({
  developer: z.enum(['developer', 'system', 'user']).optional(),
  system: z.enum(['developer', 'user']).optional(),
});
const lock = z.strictObject({
  params: names,
  fixed: z.record(z.string(), z.unknown()).optional(),
  default: z.literal('none').optional(),
  always: z.literal(true).optional(),
});
const match = z.instanceof(RegExp);
const toolRoot = z.enum(['object', 'plain']).optional();
const modelName = z.strictObject({ match, to: z.string() }).optional();
const rule = z.strictObject({
  ...params,
  match,
  roles: roles.optional(),
  lock: lock.optional(),
  reasoning_back: z.enum(['none', 'required']).optional(),
  send_back: names.optional(),
  cache_control: z.enum(['keep', 'breakpoint']).optional(),
  tool_root: toolRoot,
  web_search_tool: z.string().optional(),
});
const yes = z.literal(true).optional();
const no = z.literal(false).optional();
const text = z.string().optional();
const count = z.int().positive().optional();
const data = z.record(z.string(), z.unknown()).optional();

const embeddings = z.strictObject({
  ...params,
  models: z
    .array(
      z.strictObject({ ...params, match, path: text, input: text, input_as: z.enum(['contents', 'lists']).optional() }),
    )
    .optional(),
  images: z.literal('image').optional(),
  base64: yes,
  int8: yes,
  max_batch: count,
  input: text,
  body: data,
});
const rerank = z.strictObject({
  ...params,
  models: z.array(z.strictObject({ ...params, match, path: text, model_name: modelName })).optional(),
  text_only: yes,
  model_in_body: z.boolean().optional(),
  query: z.strictObject({ name: text, as: z.enum(['each', 'object']).optional() }).optional(),
  documents: z.strictObject({ name: text, as: z.literal('object').optional() }).optional(),
  body: data,
});
const quirks = z.strictObject({
  ...params,
  models: z.array(rule).optional(),
  roles: roles.optional(),
  path: z.strictObject({ chat: text, embeddings: text, rerank: text }).optional(),
  body: data,
  model_name: modelName,
  usage_in_stream: no,
  message_name: z.union([z.literal(false), z.literal('user')]).optional(),
  empty_turns: z.literal('drop').optional(),
  file_as: z.enum(['document_url', 'media_url']).optional(),
  file_urls: z.enum(['data', 'as_given']).optional(),
  call_ids: z
    .union([z.strictObject({ longest: count }), z.strictObject({ exactly: z.int().min(6).max(12) })])
    .optional(),
  signed_ids: yes,
  after_tools: z.literal('assistant').optional(),
  tool_media: yes,
  thinking_as: z.enum(['reasoning', 'switch', 'thinking_token_budget', 'enable_thinking']).optional(),
  content_as_string: yes,
  reasoning_back: z.enum(['reasoning_content', 'reasoning', 'thinking_part']).optional(),
  send_back: names.optional(),
  seals: match.optional(),
  content_required: yes,
  refusal: yes,
  cache_control: yes,
  strict_tools: no,
  tool_schema_omit: names.optional(),
  tool_root: toolRoot,
  max_stop: count,
  max_temperature: count,
  reasoning_apart: yes,
  dialect: z.enum(['json_schema', 'openai_strict', 'anthropic', 'gemini_json', 'gemini_openapi']).optional(),
  organization: yes,
  header_env: texts.optional(),
  embeddings: embeddings.optional(),
  rerank: rerank.optional(),
});

const otherBase = z.union([z.url(), z.null()]).optional();
const row = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9_.-]*$/, 'must be lower-case letters, digits, "_", "-" or "."'),
  base: z
    .string()
    .refine((base) => URL.canParse(base.replace(/\{\w+\}/g, 'x')), 'must be a URL')
    .optional(),
  bases: z.strictObject({ chat: otherBase, embeddings: otherBase, rerank: otherBase }).optional(),
  model_bases: z.array(z.strictObject({ match, base: z.string() })).optional(),
  base_ends: z.array(z.strictObject({ match, add: z.string() })).optional(),
  variables: z.record(z.string(), z.strictObject({ option: text, env: names.optional(), default: text })).optional(),
  key: nameOrNames.optional(),
  base_env: nameOrNames.optional(),
  key_optional: yes,
  auth: z.strictObject({ header: z.string(), prefix: z.string().optional() }).optional(),
  headers: texts.optional(),
  endpoints: z
    .array(z.enum(['chat', 'embeddings', 'rerank']))
    .nonempty()
    .optional(),
  quirks: quirks.optional(),
  docs: z.string().optional(),
  notes: names.optional(),
});

type Nothing<T extends never> = T;
/** Every field of a row and of its quirks is checked here: a new one that is forgotten does not compile. */
export type EveryFieldIsChecked = [
  Nothing<Exclude<keyof Row, keyof z.infer<typeof row>>>,
  Nothing<Exclude<keyof Quirks, keyof z.infer<typeof quirks>>>,
  Nothing<Exclude<keyof NonNullable<Quirks['embeddings']>, keyof z.infer<typeof embeddings>>>,
  Nothing<Exclude<keyof NonNullable<Quirks['rerank']>, keyof z.infer<typeof rerank>>>,
  Nothing<Exclude<keyof ModelRule, keyof z.infer<typeof rule>>>,
];

/** @throws {BadRequestError} naming each wrong path */
export async function providerFromRow(given: unknown): Promise<Provider> {
  const checked = row.safeParse(given);
  if (!checked.success) {
    const problems = checked.error.issues.map(
      ({ path, message }) => `${path.length === 0 ? 'provider' : path.join('.')}: ${message}`,
    );
    throw new BadRequestError(`registerProvider: ${problems.join('; ')}`, {
      param: checked.error.issues[0]?.path.join('.') || 'provider',
      code: 'invalid_provider',
    });
  }
  const { name, ...rest } = checked.data;
  return makeProvider(name, rest);
}
