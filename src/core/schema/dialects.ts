/**
 * The forms of JSON Schema that vendors take, as data: what each accepts, and how it wants the rest said. Lists come
 * from the vendors' pages on structured outputs; where a page and recorded answers differ, the stricter reading holds,
 * since a refused keyword fails the whole request and a dropped one is validated afterwards.
 */
import type { JsonSchema } from '../../types/chat.js';
import type { CompiledSchema, Dialect, SchemaChange } from '../spec.js';

export type { CompiledSchema, Dialect, JsonSchema, SchemaChange };

export interface Rules {
  /** Keywords that may stay. */
  keep: ReadonlySet<string>;
  /** Values of `format` that may stay, by type. */
  formats: { string?: ReadonlySet<string>; number?: ReadonlySet<string>; integer?: ReadonlySet<string> };
  pattern?: (source: string) => boolean;
  minItems?: (count: number) => boolean;
  /** `closed`: an object has its named properties and no others, so that maps must be written as arrays of entries. */
  objects: 'open' | 'closed';
  /** `additionalProperties: false` must be written. */
  saysClosed: boolean;
  allRequired: boolean;
  /** How null is said: in `type` and `anyOf`, or by OpenAPI's flag. */
  nulls: 'type' | 'flag';
  /** Types of the values that `enum` and `const` may hold; others are written as strings or left to the description. */
  literals: 'all' | 'no booleans' | 'strings only';
  refs: 'keep' | 'inline';
  /** Where a schema may contain itself: anywhere, in optional properties only, or nowhere (then written as JSON text). */
  recursion: 'keep' | 'optional' | 'cut';
  tuples: 'keep' | 'object';
  /** A schema without a type: kept, or written as JSON text in a string. */
  untyped: 'keep' | 'text';
  /** `object`: other roots are wrapped. `same`: only a root that was an object must stay one. */
  root: 'object' | 'same';
}

const words = (list: string): ReadonlySet<string> => new Set(list.split(' '));

/** Lookaround, back-references and Unicode classes, which no grammar engine here takes. */
const plainRegex = (source: string): boolean => !/\(\?(?:[=!]|<[=!])|\\[1-9]|\\k<|\\[pP]\{/.test(source);

/** No word boundaries either, and no wide counted repetition. */
const simpleRegex = (source: string): boolean =>
  plainRegex(source) && !/\\[bB]/.test(source) && !/\{(?:\d*,)?\d{3,}\}/.test(source);

export const dialects: Readonly<Record<Exclude<Dialect, 'json_schema'>, Rules>> = {
  // https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
  // Also for the vendors that follow it, hence without `default`, which not all of them take.
  openai_strict: {
    keep: words(
      '$schema $ref $defs title description type properties required additionalProperties items minItems maxItems ' +
        'enum const anyOf pattern format minimum maximum exclusiveMinimum exclusiveMaximum multipleOf',
    ),
    formats: { string: words('date-time time date duration email hostname ipv4 ipv6 uuid') },
    pattern: plainRegex,
    objects: 'closed',
    saysClosed: true,
    allRequired: true,
    nulls: 'type',
    literals: 'all',
    refs: 'keep',
    recursion: 'keep',
    tuples: 'object',
    untyped: 'text',
    root: 'object',
  },
  // https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations
  anthropic: {
    keep: words(
      '$ref $defs title description default type properties required additionalProperties items minItems ' +
        'enum const anyOf pattern format',
    ),
    formats: { string: words('date-time time date duration email hostname uri ipv4 ipv6 uuid') },
    pattern: simpleRegex,
    minItems: (count) => count === 0 || count === 1,
    objects: 'closed',
    saysClosed: true,
    allRequired: false,
    nulls: 'type',
    literals: 'all',
    refs: 'keep',
    recursion: 'cut',
    tuples: 'object',
    untyped: 'text',
    root: 'object',
  },
  // https://ai.google.dev/api/generate-content#v1beta.GenerationConfig (responseJsonSchema)
  gemini_json: {
    keep: words(
      '$defs $ref title description default type format enum items prefixItems minItems maxItems ' +
        'minimum maximum anyOf properties additionalProperties required propertyOrdering',
    ),
    formats: {
      string: words('date-time date time'),
      number: words('float double'),
      integer: words('int32 int64'),
    },
    objects: 'open',
    saysClosed: false,
    allRequired: false,
    nulls: 'type',
    literals: 'no booleans',
    refs: 'keep',
    recursion: 'optional',
    tuples: 'keep',
    untyped: 'keep',
    root: 'same',
  },
  // https://ai.google.dev/api/caching#Schema
  gemini_openapi: {
    keep: words(
      'title description type format nullable enum items minItems maxItems minimum maximum minLength maxLength ' +
        'pattern anyOf properties required minProperties maxProperties propertyOrdering',
    ),
    formats: { string: words('date-time enum'), number: words('float double'), integer: words('int32 int64') },
    objects: 'closed',
    saysClosed: false,
    allRequired: false,
    nulls: 'flag',
    literals: 'strings only',
    refs: 'inline',
    recursion: 'cut',
    tuples: 'object',
    untyped: 'text',
    root: 'same',
  },
};
