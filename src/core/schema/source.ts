/**
 * What `response_format` may be: OpenAI's own form, a JSON Schema, or a Standard Schema that can be had as JSON Schema
 * (zod 4, arktype, valibot by `toStandardJsonSchema`; https://standardschema.dev/json-schema).
 */
import type { ZodType } from 'zod';
import { BadRequestError } from '../errors.js';
import type { JsonSchema } from './dialects.js';
import { isObject, resolveRef, subschemas } from './document.js';
import type { SchemaIssue } from './validate.js';
import { formatPath, validateSchema } from './validate.js';

export type Validated = { value: unknown } | { issues: SchemaIssue[] };

export interface SchemaSource {
  kind: 'schema';
  /** From the schema's title; fit for OpenAI's `json_schema.name`. */
  name: string;
  /** Describes the schema's input: what the model must write. The same object for the same input. */
  schema: JsonSchema;
  /** A Standard Schema gives its output value, a JSON Schema the value as it is. */
  validate(this: void, value: unknown): Promise<Validated>;
}

export type FormatSource = { kind: 'native'; format: JsonSchema } | SchemaSource;

const sources = new WeakMap<object, Promise<FormatSource>>();

/** @throws BadRequestError when it is none of these, or its JSON Schema cannot be had. */
export function readResponseFormat(format: unknown): Promise<FormatSource> {
  const key = (typeof format === 'object' || typeof format === 'function') && format !== null ? format : undefined;
  if (!key) return Promise.reject(refused(`must be an object, is ${format === null ? 'null' : typeof format}`));
  let source = sources.get(key);
  if (!source) {
    source = read(key);
    sources.set(key, source);
    // An error carries the facts of one call, so it is made anew for each.
    source.catch(() => sources.delete(key));
  }
  return source;
}

async function read(format: object): Promise<FormatSource> {
  const standard = '~standard' in format ? format['~standard'] : undefined;
  if (isObject(standard)) return fromStandard(format, standard);
  if (!isObject(format)) throw refused('must be a plain object or a Standard Schema');
  if (typeof format['type'] === 'string' && !jsonTypes.has(format['type'].toLowerCase()))
    return { kind: 'native', format };
  if (!keywords.some((keyword) => keyword in format)) throw refused('is none of these');
  checkReferences(format);
  return {
    kind: 'schema',
    name: nameOf(format),
    schema: format,
    validate: async (value) => {
      const issues = validateSchema(format, value);
      return issues.length > 0 ? { issues } : { value };
    },
  };
}

const jsonTypes: ReadonlySet<string> = new Set('object array string number integer boolean null'.split(' '));
const keywords = '$schema $ref type properties items enum const anyOf oneOf allOf additionalProperties not'.split(' ');

function refused(why: string, cause?: unknown): BadRequestError {
  return new BadRequestError(
    `response_format ${why}. Give OpenAI's form ({ type: 'json_schema', json_schema: … }), a JSON Schema, or a Standard ` +
      'Schema with JSON Schema support (zod 4, arktype, valibot through toStandardJsonSchema).',
    { param: 'response_format', code: 'invalid_input', cause },
  );
}

function checkReferences(root: JsonSchema): void {
  const waiting = [root];
  for (let schema = waiting.pop(); schema; schema = waiting.pop()) {
    const { $ref } = schema;
    if (typeof $ref === 'string' && resolveRef(root, $ref) === undefined)
      throw refused(`has a $ref that leads nowhere in it: ${$ref}`);
    waiting.push(...subschemas(schema, true));
  }
}

const nameOf = (schema: JsonSchema): string => {
  const title = typeof schema['title'] === 'string' ? schema['title'] : '';
  return (
    title
      .replace(/[^A-Za-z0-9_-]+/g, '_')
      .replace(/^_+|_+$/g, '')
      .slice(0, 64) || 'response'
  );
};

/** The parts of `~standard` used here, as the two specifications have them. */
interface Standard {
  vendor?: unknown;
  validate?(value: unknown): StandardResult | Promise<StandardResult>;
  jsonSchema?: { input?(options: { target: string }): JsonSchema };
}
type StandardResult =
  | { value: unknown; issues?: undefined }
  | { issues: readonly { message: string; path?: readonly (PropertyKey | { key: PropertyKey })[] | undefined }[] };

async function fromStandard(given: object, standard: Standard): Promise<SchemaSource> {
  const { $schema: _$schema, ...schema } = await jsonSchemaOf(given, standard);
  return {
    kind: 'schema',
    name: nameOf(schema),
    schema,
    validate: async (value) => {
      if (!standard.validate) return { value };
      const result = await standard.validate(value);
      if (!result.issues) return { value: result.value };
      return {
        issues: result.issues.map(({ message, path = [] }) => ({
          path: formatPath(path.map((step) => (typeof step === 'object' ? step.key : step))),
          message,
        })),
      };
    },
  };
}

async function jsonSchemaOf(given: object, standard: Standard): Promise<JsonSchema> {
  const vendor = typeof standard.vendor === 'string' ? standard.vendor : 'Standard Schema';
  const { jsonSchema } = standard;
  if (jsonSchema?.input)
    try {
      return jsonSchema.input({ target: 'draft-2020-12' });
    } catch (first) {
      try {
        return jsonSchema.input({ target: 'draft-07' });
      } catch {
        throw refused(`cannot be had as JSON Schema from ${vendor}: ${messageOf(first)}`, first);
      }
    }
  // zod 4 before it spoke the standard, and zod/mini: the structure under `_zod` is the same for every copy of zod 4.
  if ('_zod' in given) {
    const { toJSONSchema } = await import('./zod.js');
    try {
      return { ...toJSONSchema(given as unknown as ZodType, { io: 'input' }) };
    } catch (error) {
      throw refused(`cannot be had as JSON Schema from zod: ${messageOf(error)}`, error);
    }
  }
  const advice = Object.hasOwn(advices, vendor) ? advices[vendor]! : 'its library has no JSON Schema support';
  throw refused(`cannot be had as JSON Schema: ${advice}`);
}

const advices: Readonly<Record<string, string>> = {
  zod: 'zod 3 schemas have none; use zod 4',
  valibot: "wrap it in toStandardJsonSchema() of '@valibot/to-json-schema'",
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
