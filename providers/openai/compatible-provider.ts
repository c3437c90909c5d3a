import { BadRequestError } from '../../src/core/errors.js';
import type { Call, Env, Provider, Transformer } from '../../src/core/spec.js';
import { chatTransformer } from './chat.js';
import { embeddingsTransformer } from './embeddings.js';
import { openaiError } from './errors.js';
import type { BaseVariable, Quirks, Row } from './quirks.js';
import { rerankTransformer } from './rerank.js';

interface Transformers {
  chat?: Transformer<'chat'>;
  embeddings?: Transformer<'embeddings'>;
  rerank?: Transformer<'rerank'>;
}

const none: Quirks = {};
/** Rows that share a quirks object share its transformers. */
const made = new WeakMap<Quirks, Transformers>();

function transformers(quirks: Quirks, endpoints: NonNullable<Row['endpoints']>): Transformers {
  let all = made.get(quirks);
  if (!all) made.set(quirks, (all = {}));
  const out: Transformers = {};
  if (endpoints.includes('chat')) out.chat = all.chat ??= chatTransformer(quirks);
  if (endpoints.includes('embeddings')) out.embeddings = all.embeddings ??= embeddingsTransformer(quirks);
  if (endpoints.includes('rerank')) out.rerank = all.rerank ??= rerankTransformer(quirks);
  return out;
}

const list = (value: string | readonly string[] | undefined): readonly string[] | undefined =>
  typeof value === 'string' ? [value] : value;

/** A base whose variables the call or the environment fills in. */
function fillIn(template: string, row: Row, call: Call, env: Env): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => {
    if (name === 'model') return call.model;
    const variable: BaseVariable = row.variables?.[name] ?? {};
    const given = variable.option === undefined ? undefined : call.options[variable.option];
    if (typeof given === 'string' && given !== '') return given;
    for (const known of variable.env ?? []) {
      const value = env(known);
      if (value !== undefined) return value;
    }
    if (variable.default !== undefined) return variable.default;
    throw missingBase(call, [variable.option ?? name, ...(variable.env ?? []), 'api_base']);
  });
}

/** The variables that a base needs: of each list one. */
function needsOf({ base, variables = {}, base_env }: Row): (readonly string[])[] {
  const names = [...(base ?? '').matchAll(/\{(\w+)\}/g)].map(([, name]) => name as string);
  return names
    .map((name) => variables[name])
    .filter((variable) => variable?.env !== undefined && variable.default === undefined)
    .map((variable) => [...(variable?.env ?? []), ...(list(base_env) ?? [])]);
}

function missingBase(call: Call, names: readonly string[]): BadRequestError {
  return new BadRequestError(`${call.llm_provider}: no address; give ${names.join(' or ')}`, {
    param: 'api_base',
    llm_provider: call.llm_provider,
    model: call.model,
  });
}

function baseOf(row: Row): Provider['base'] {
  const { base, bases, model_bases: byModel } = row;
  if (bases === undefined && byModel === undefined && (base === undefined || !base.includes('{'))) return base;
  return (call, env) => {
    const own = byModel?.find(({ match }) => match.test(call.model))?.base ?? bases?.[call.endpoint];
    const template = own === undefined ? base : own;
    if (template === undefined || template === null)
      throw missingBase(call, ['api_base', ...(list(row.base_env) ?? [])]);
    return fillIn(template, row, call, env);
  };
}

/** Completes bases that the caller or the environment gives: they may name no more than the server. */
function completing<E extends 'chat' | 'embeddings' | 'rerank'>(plain: Transformer<E>, row: Row): Transformer<E> {
  const { base_ends: ends, base_env: names } = row;
  if (ends === undefined) return plain;
  return {
    ...plain,
    request(call, mapped) {
      const request = plain.request(call, mapped);
      const fromEnv = list(names)
        ?.map(call.env)
        .find((value) => value !== undefined);
      const given = (call.options.api_base ?? fromEnv)?.replace(/\/+$/, '');
      const end = given === undefined ? undefined : ends.find(({ match }) => match.test(given));
      return end === undefined ? request : { ...request, path: end.add + request.path };
    },
  };
}

function completed({ chat, embeddings, rerank }: Transformers, row: Row): Transformers {
  return {
    ...(chat && { chat: completing(chat, row) }),
    ...(embeddings && { embeddings: completing(embeddings, row) }),
    ...(rerank && { rerank: completing(rerank, row) }),
  };
}

/** The provider that a row describes. */
export function makeProvider(id: string, row: Row): Provider {
  const key = list(row.key);
  const baseEnv = list(row.base_env);
  const base = baseOf(row);
  const needs = needsOf(row);
  return {
    name: id,
    ...(base === undefined ? {} : { base }),
    env: { ...(key ? { key } : {}), ...(baseEnv ? { base: baseEnv } : {}), ...(needs.length > 0 ? { needs } : {}) },
    ...(row.key_optional ? { key_optional: true } : {}),
    ...(row.auth ? { auth: row.auth } : {}),
    ...(row.headers ? { headers: row.headers } : {}),
    endpoints: completed(transformers(row.quirks ?? none, row.endpoints ?? ['chat']), row),
    error: openaiError,
    ...(row.docs === undefined ? {} : { docs: row.docs }),
    ...(row.notes ? { notes: row.notes } : {}),
  };
}
