/** From a model string to a provider, a model and a transformer. */
import { ResolvedCall } from './call.js';
import { BadRequestError } from './errors.js';
import type { EndpointSpec } from './endpoint.js';
import { resolveReferences, splitInput } from './options.js';
import { dropPaths } from './params.js';
import type { Options, Endpoint, Env, JsonObject, MaybePromise, Params, Provider, Warning } from './spec.js';
import { checkModel, checkOptions } from './validate.js';

/** The providers that a client knows. */
export interface Registry {
  /** Loads a provider; undefined if there is none of that name. */
  provider(name: string): MaybePromise<Provider | undefined>;
  has(name: string): boolean;
  names(): readonly string[];
  /** The providers that offer a model under its bare name. */
  owners?(model: string): Promise<readonly string[]>;
  /** Known model strings that resemble a name. */
  similar?(model: string): Promise<readonly string[]>;
  /** Makes a provider of a row of data; throws BadRequestError naming each wrong path. */
  fromRow?(row: JsonObject): Promise<Provider>;
}

export interface ResolveContext {
  registry: Registry;
  env: Env;
  defaults: JsonObject | undefined;
}

const listed = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(', ');

export interface Target {
  name: string;
  model: string;
  provider: Provider;
}

async function bareName(model: string, registry: Registry): Promise<Target> {
  const owners = (await registry.owners?.(model)) ?? [];
  if (owners.length > 1)
    throw new BadRequestError(
      `model: "${model}" is offered by several providers; name one: ${listed(owners.map((owner) => `${owner}/${model}`))}`,
      { param: 'model', code: 'ambiguous_model', model },
    );
  const owner = owners[0];
  const provider = owner === undefined ? undefined : await registry.provider(owner);
  if (owner === undefined || provider === undefined) {
    const { unknownModel } = await import('./unknown-model.js');
    return unknownModel(model, registry);
  }
  return { name: owner, model, provider };
}

/** The provider and the model's own name; only the first segment of a model string is a prefix. */
export function findTarget(model: unknown, custom: string | undefined, registry: Registry): MaybePromise<Target> {
  checkModel(model);
  let name: string;
  let rest: string;
  if (custom !== undefined) {
    name = custom;
    rest = model.startsWith(`${custom}/`) ? model.slice(custom.length + 1) : model;
  } else {
    const slash = model.indexOf('/');
    if (slash < 0 || !registry.has(model.slice(0, slash))) return bareName(model, registry);
    name = model.slice(0, slash);
    rest = model.slice(slash + 1);
  }
  if (rest === '')
    throw new BadRequestError(`model: "${model}" names a provider but no model; write "${name}/<model>"`, {
      param: 'model',
      code: 'invalid_input',
    });
  const provider = registry.provider(name);
  const found = (made: Provider | undefined): Target => {
    if (made === undefined)
      throw new BadRequestError(`custom_llm_provider: "${name}" is not a known provider`, {
        param: 'custom_llm_provider',
        code: 'unknown_provider',
      });
    return { name, model: rest, provider: made };
  };
  return provider instanceof Promise ? provider.then(found) : found(provider);
}

export function resolve<E extends Endpoint>(
  context: ResolveContext,
  endpoint: EndpointSpec<E>,
  input: JsonObject,
): MaybePromise<ResolvedCall<E>> {
  const { params, options } = splitInput(context.defaults, input);
  resolveReferences(options, context.env);
  checkModel(params['model']);
  endpoint.validate(params, options);
  checkOptions(options);
  const target = findTarget(params['model'], options.custom_llm_provider, context.registry);
  return target instanceof Promise
    ? target.then((found) => makeCall(context, endpoint, params, options, found))
    : makeCall(context, endpoint, params, options, target);
}

function makeCall<E extends Endpoint>(
  context: ResolveContext,
  endpoint: EndpointSpec<E>,
  given: JsonObject,
  options: Options,
  target: Target,
): ResolvedCall<E> {
  const warnings: Warning[] = [];
  let { provider, model } = target;
  if (provider.route !== undefined) {
    const routed = provider.route(model, options);
    provider = routed.provider;
    model = routed.model ?? model;
  }
  const transformer = provider.endpoints[endpoint.name];
  if (transformer === undefined) {
    const offered = Object.keys(provider.endpoints).join(', ');
    throw new BadRequestError(`model: ${target.name} has no ${endpoint.name} endpoint (it has: ${offered})`, {
      param: 'model',
      code: 'unsupported_endpoint',
      llm_provider: target.name,
      model,
    });
  }
  let params = given;
  if (options.additional_drop_params !== undefined)
    params = dropPaths(params, options.additional_drop_params, (warning) => warnings.push(warning));
  const stream = params['stream'] === true && transformer.stream !== undefined;
  return new ResolvedCall(
    endpoint.name,
    provider,
    transformer,
    target.name,
    model,
    params as Params<E> & JsonObject,
    options,
    stream,
    context.env,
    warnings,
  );
}
