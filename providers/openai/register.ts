/** Checks a provider row that a user hands in, and makes a provider of it. Loaded, with zod, at the first such row. */
import { z } from 'zod';
import { BadRequestError } from '../../src/core/errors.js';
import type { Provider } from '../../src/core/spec.js';
import { makeProvider } from './compatible-provider.js';
import type { Row } from './quirks.js';

const names = z.array(z.string());
const nameOrNames = z.union([z.string(), names]);
const texts = z.record(z.string(), z.string());
const values = z.record(z.string(), z.record(z.string(), z.union([z.record(z.string(), z.unknown()), z.null()])));
const params = { omit: names.optional(), also: names.optional(), rename: texts.optional(), values: values.optional() };
const roles = z.strictObject({
  developer: z.enum(['developer', 'system', 'user']).optional(),
  system: z.enum(['developer', 'user']).optional(),
});
const lock = z.strictObject({
  params: names,
  default: z.literal('none').optional(),
  always: z.literal(true).optional(),
});
const rule = z.strictObject({ ...params, match: z.instanceof(RegExp), roles: roles.optional(), lock: lock.optional() });
const yes = z.literal(true).optional();
const no = z.literal(false).optional();
const data = z.record(z.string(), z.unknown()).optional();

const quirks = z.strictObject({
  ...params,
  models: z.array(rule).optional(),
  roles: roles.optional(),
  path: z
    .strictObject({ chat: z.string().optional(), embeddings: z.string().optional(), rerank: z.string().optional() })
    .optional(),
  body: data,
  usage_in_stream: no,
  content_as_string: yes,
  reasoning_back: z.enum(['reasoning_content', 'reasoning', 'thinking_part']).optional(),
  send_back: names.optional(),
  cache_control: yes,
  strict_tools: no,
  tool_schema_omit: names.optional(),
  max_stop: z.int().positive().optional(),
  reasoning_apart: yes,
  dialect: z.enum(['json_schema', 'openai_strict', 'anthropic', 'gemini_json', 'gemini_openapi']).optional(),
  organization: yes,
  embeddings: z
    .strictObject({
      ...params,
      models: z.array(rule).optional(),
      base64: yes,
      int8: yes,
      max_batch: z.int().positive().optional(),
      input: z.string().optional(),
      body: data,
    })
    .optional(),
  rerank: z
    .strictObject({
      ...params,
      text_only: yes,
      model_in_path: yes,
      query: z.strictObject({ name: z.string().optional(), as: z.enum(['list', 'object']).optional() }).optional(),
      documents: z.strictObject({ name: z.string().optional(), as: z.literal('object').optional() }).optional(),
    })
    .optional(),
});

const row = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9_.-]*$/, 'must be lower-case letters, digits, "_", "-" or "."'),
  base: z.url().optional(),
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
  return makeProvider(name, rest as Row);
}
