/**
 * Structured output: schemas written in the provider's dialect on the way there, answers checked on the way back.
 * OpenAI's own `response_format` is the caller's: its schema is changed only where a dialect demands it, its answers
 * never. A JSON schema or a Standard Schema gives `message.parsed`. Loaded when a call has a `response_format`.
 */
import type { ChatCompletion, Choice, JsonSchema } from '../types/chat.js';
import type { ResolvedCall } from './call.js';
import { JSONSchemaValidationError } from './errors.js';
import { compileSchema } from './schema/compile.js';
import type { CompiledSchema } from './schema/dialects.js';
import { invertText, parseAnswer } from './schema/parse.js';
import { readResponseFormat, type SchemaSource } from './schema/source.js';
import type { Dialect, Endpoint, JsonObject } from './spec.js';
import { isObject } from './validate.js';

export interface StructuredOutput {
  /** Undoes what a dialect did to the answers; of a schema of the caller's, puts `parsed` on every message. Throws JSONSchemaValidationError for an answer that does not fit. */
  apply(result: ChatCompletion): Promise<void>;
}

interface Structure<E extends Endpoint> {
  call: ResolvedCall<E>;
  structured: StructuredOutput | undefined;
}

/** OpenAI's dialects take OpenAI's form as it is. */
const native = new Set<Dialect>(['json_schema', 'openai_strict']);

export async function structure<E extends Endpoint>(call: ResolvedCall<E>): Promise<Structure<E>> {
  const params: JsonObject = call.params;
  const dialect = call.transformer.dialect?.(call.model) ?? 'json_schema';
  const source = await readResponseFormat(params['response_format']);
  if (source.kind === 'native') {
    const inner = source.format['json_schema'];
    if (native.has(dialect) || !isObject(inner) || !isObject(inner['schema'])) return { call, structured: undefined };
    const compiled = compile(call, inner['schema'], dialect);
    if (compiled.schema === inner['schema']) return { call, structured: undefined };
    const format = { ...source.format, json_schema: { ...inner, schema: compiled.schema } };
    // What the dialect forced upon the schema is undone; beyond that the answer is the provider's.
    return {
      call: withFormat(call, format),
      structured: compiled.inverts ? new Inverter(compiled) : undefined,
    };
  }
  // Vendors that name no dialect follow OpenAI's strict mode, whose schemas are plain JSON Schema too.
  const compiled = compile(call, source.schema, dialect === 'json_schema' ? 'openai_strict' : dialect);
  const format = { type: 'json_schema', json_schema: { name: source.name, schema: compiled.schema, strict: true } };
  return { call: withFormat(call, format), structured: new Reader(call, source, compiled) };
}

function withFormat<E extends Endpoint>(call: ResolvedCall<E>, format: JsonObject): ResolvedCall<E> {
  return call.with({ ...call.params, response_format: format });
}

function compile<E extends Endpoint>(call: ResolvedCall<E>, schema: JsonSchema, dialect: Dialect): CompiledSchema {
  const compiled = compileSchema(schema, dialect);
  for (const { path, what, weaker } of compiled.changes)
    if (weaker)
      call.warn({ type: 'schema', param: 'response_format', message: `${path}: ${what}; checked in the answer only` });
  const kept = compiled.changes.filter((change) => !change.weaker);
  if (kept.length > 0)
    call.warn({
      type: 'schema',
      param: 'response_format',
      message: `written in another form: ${kept.map(({ path, what }) => `${path}: ${what}`).join('; ')}`,
    });
  return compiled;
}

/** Answers that were never meant to be whole JSON. */
const unparsed = new Set<string | null>(['length', 'content_filter', 'tool_calls', 'function_call']);

class Inverter implements StructuredOutput {
  readonly #compiled: CompiledSchema;
  constructor(compiled: CompiledSchema) {
    this.#compiled = compiled;
  }

  apply(result: ChatCompletion): Promise<void> {
    for (const { message } of result.choices)
      if (typeof message.content === 'string') message.content = invertText(message.content, this.#compiled);
    return Promise.resolve();
  }
}

class Reader<E extends Endpoint> implements StructuredOutput {
  readonly #call: ResolvedCall<E>;
  readonly #source: SchemaSource;
  readonly #compiled: CompiledSchema;

  constructor(call: ResolvedCall<E>, source: SchemaSource, compiled: CompiledSchema) {
    this.#call = call;
    this.#source = source;
    this.#compiled = compiled;
  }

  async apply(result: ChatCompletion): Promise<void> {
    for (const choice of result.choices) await this.#parse(choice);
  }

  async #parse(choice: Choice): Promise<void> {
    const message = choice.message as Choice['message'] & { parsed?: unknown };
    const refused = message.refusal !== null && message.refusal !== undefined && message.refusal !== '';
    if (refused || unparsed.has(choice.finish_reason)) {
      message.parsed = null;
      return;
    }
    const raw = message.content ?? '';
    const read = await parseAnswer(raw, this.#compiled, this.#source);
    if ('issues' in read) {
      const { llm_provider, model } = this.#call;
      const problems = read.issues
        .map(({ path, message: what }) => (path === '' ? what : `${path}: ${what}`))
        .join('; ');
      throw new JSONSchemaValidationError(
        `the answer of ${llm_provider} ${model} does not fit response_format: ${problems.slice(0, 2000)}`,
        {
          raw_response: raw,
          schema: this.#source.schema,
          issues: read.issues,
          llm_provider,
          model,
          status: 200,
        },
      );
    }
    message.content = invertText(raw, this.#compiled);
    message.parsed = read.value;
  }
}
