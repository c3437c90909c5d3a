/** A resolved call, and its request as bytes. */
import type { JsonSchema } from '../types/chat.js';
import { UnsupportedParamsError } from './errors.js';
import { checkHeaderValue } from './io.js';
import type {
  Options,
  Call,
  CompiledSchema,
  Dialect,
  Endpoint,
  Env,
  HttpRequest,
  JsonObject,
  Params,
  Provider,
  Transformer,
  Warning,
  Wire,
} from './spec.js';
import { joinUrl } from './url.js';
import { isObject, refuse, refuseUnserialisable } from './validate.js';

let compiler: ((schema: JsonSchema, dialect: Dialect) => CompiledSchema) | undefined;

/** What `compile` of calls needs. */
export async function loadCompiler(): Promise<void> {
  compiler ??= (await import('./schema/compile.js')).compileSchema;
}

export class ResolvedCall<E extends Endpoint> implements Call<E> {
  readonly warnings: Warning[];
  constructor(
    readonly endpoint: E,
    readonly provider: Provider,
    readonly transformer: Transformer<E>,
    readonly llm_provider: string,
    readonly model: string,
    readonly params: Params<E> & JsonObject,
    readonly options: Options,
    readonly stream: boolean,
    readonly env: Env,
    warnings: Warning[],
  ) {
    this.warnings = warnings;
  }

  warn(warning: Warning): void {
    this.warnings.push(warning);
  }

  unsupported(param: string, why?: string): void {
    const reason = why === undefined ? '' : ` (${why})`;
    if (this.options.drop_params === true) {
      this.warn({
        type: 'drop',
        param,
        message: `${this.llm_provider} ${this.model} does not take ${param}${reason}; it is not sent`,
      });
      return;
    }
    // A path into a parameter cannot be allowed by name.
    const remedy = /^\w+$/.test(param) ? `, or allowed_openai_params: ['${param}'] to send it anyway` : '';
    throw new UnsupportedParamsError(
      `${this.llm_provider} ${this.model} does not support the parameter ${param}${reason}. ` +
        `Leave it out, or set drop_params: true to have it left out${remedy}`,
      { param, llm_provider: this.llm_provider, model: this.model, code: 'unsupported_parameter' },
    );
  }

  compile(schema: JsonSchema, dialect: Dialect): CompiledSchema {
    if (compiler === undefined) throw new Error('the schema compiler is not loaded: the transformer names no dialect');
    return compiler(schema, dialect);
  }

  /** The same call with other parameters. */
  with(params: Params<E>): ResolvedCall<E> {
    return new ResolvedCall(
      this.endpoint,
      this.provider,
      this.transformer,
      this.llm_provider,
      this.model,
      params as Params<E> & JsonObject,
      this.options,
      this.stream,
      this.env,
      this.warnings,
    );
  }
}

/** Where the provider's requests go for this call: `api_base`, a variable, the provider's default. */
export function baseOf(call: Call): string {
  const { provider, options, env } = call;
  if (options.api_base !== undefined) return options.api_base;
  for (const name of provider.env?.base ?? []) {
    const value = env(name);
    if (value !== undefined) {
      if (!URL.canParse(value)) refuse(name, undefined, 'must hold an http or https URL');
      return value;
    }
  }
  if (typeof provider.base === 'string') return provider.base;
  if (provider.base !== undefined) return provider.base(call, env);
  const names = provider.env?.base ?? [];
  return refuse(
    'api_base',
    undefined,
    `${call.llm_provider} has no address of its own: pass api_base${names.length === 0 ? '' : ` or set ${names.join(' or ')}`}`,
  );
}

/** What of a request stays the same over all attempts. */
export interface Encoded {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string | Uint8Array | undefined;
  /** The body as data, for dry runs. */
  data: unknown;
  secrets: string[];
}

/** The request as it goes out, without credentials. */
export function encode(call: Call, request: HttpRequest): Encoded {
  const { options, provider } = call;
  const headers: Record<string, string> = {};
  let { body } = request;
  if (isObject(body) && !(body instanceof Uint8Array)) {
    headers['content-type'] = 'application/json';
    if (options.extra_body !== undefined) body = { ...body, ...options.extra_body };
  }
  addHeaders(headers, provider.headers);
  addHeaders(headers, request.headers);
  const secrets: string[] = [];
  addHeaders(headers, options.headers, 'headers', secrets);
  addHeaders(headers, options.extra_headers, 'extra_headers', secrets);
  let text: string | Uint8Array | undefined;
  if (typeof body === 'string' || body instanceof Uint8Array || body === undefined) text = body;
  else {
    try {
      text = JSON.stringify(body);
    } catch (error) {
      if (options.extra_body !== undefined) refuseUnserialisable(options.extra_body, error, 'extra_body.');
      refuseUnserialisable(body, error);
      throw error;
    }
  }
  return {
    method: request.method,
    url: joinUrl(baseOf(call), request.path, request.query, options.extra_query),
    headers,
    body: text,
    data: body,
    secrets,
  };
}

function addHeaders(
  into: Record<string, string>,
  from: Readonly<Record<string, string>> | undefined,
  field?: string,
  secrets?: string[],
): void {
  if (from === undefined) return;
  for (const name in from) {
    const given: unknown = from[name];
    if (given === undefined || given === null) continue;
    const value = String(given);
    if (field !== undefined) {
      if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) refuse(`${field}.${name}`, undefined, 'is no header name');
      checkHeaderValue(`${field}.${name}`, value);
    }
    into[name.toLowerCase()] = value;
    // `Bearer key`: the key alone is a secret too.
    secrets?.push(value, ...(value.includes(' ') ? value.split(' ').filter((part) => part.length >= 8) : []));
  }
}

export function toWire(encoded: Encoded): Wire {
  const wire: Wire = {
    method: encoded.method,
    url: encoded.url,
    headers: { ...encoded.headers },
    secrets: [...encoded.secrets],
  };
  if (encoded.body !== undefined) wire.body = encoded.body;
  return wire;
}
