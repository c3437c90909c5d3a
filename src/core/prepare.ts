/** From a resolved call to the bytes of its request. */
import { type Encoded, encode, loadCompiler, type ResolvedCall } from './call.js';
import type { Limits } from './clock.js';
import type { EndpointSpec } from './endpoint.js';
import { BadRequestError, CallmError } from './errors.js';
import { mapParams } from './params.js';
import type { Environment } from './run.js';
import type { Call, Endpoint, JsonObject } from './spec.js';
import type { StructuredOutput } from './structured.js';

/** Prepares what a provider must not do itself: schemas compiled for its dialect, media downloaded. Without limits (a dry run) nothing is downloaded. */
export async function prepare<E extends Endpoint>(
  environment: Environment,
  given: ResolvedCall<E>,
  limits: Limits | undefined,
): Promise<{ call: ResolvedCall<E>; structured: StructuredOutput | undefined }> {
  let call = given;
  let structured: StructuredOutput | undefined;
  if (mayCompile(call)) await loadCompiler();
  if ('response_format' in call.params) {
    const { structure } = await import('./structured.js');
    ({ call, structured } = await structure(call));
    // Where the answer is none, it is not read by the schema.
    if (call.endpoint !== 'chat') structured = undefined;
  }
  if (limits !== undefined && mayInline(call)) {
    const { inlineMedia } = await import('./media.js');
    call = await inlineMedia(call, limits, environment);
  }
  return { call, structured };
}

/** The request of a call as bytes. */
export function encodeCall<E extends Endpoint>(call: ResolvedCall<E>, endpoint: EndpointSpec<E>): Encoded {
  try {
    return encode(call as unknown as Call, call.transformer.request(call, mapParams(call, endpoint)));
  } catch (error) {
    if (CallmError.is(error)) throw error;
    const { llm_provider, model } = call;
    throw new BadRequestError(
      `the request for ${llm_provider} ${model} cannot be built: ${error instanceof Error ? error.message : String(error)}`,
      {
        llm_provider,
        model,
        code: 'invalid_input',
        cause: error,
      },
    );
  }
}

/** Whether there is nothing to prepare. */
export function isPlain<E extends Endpoint>(call: ResolvedCall<E>): boolean {
  return !('response_format' in call.params) && !mayInline(call) && !mayCompile(call);
}

/** Whether the provider may want schemas of the call in a dialect of its own. */
function mayCompile<E extends Endpoint>({ params, transformer, model }: ResolvedCall<E>): boolean {
  if (!('tools' in params || 'functions' in params || 'response_format' in params)) return false;
  const dialect = transformer.dialect?.(model);
  return dialect !== undefined && dialect !== 'openai_strict';
}

const mediaTypes = new Set(['image_url', 'video_url', 'file', 'input_audio']);

/** Whether the messages hold media that the provider may want inlined; a quick look, for most calls hold none. */
function mayInline<E extends Endpoint>(call: ResolvedCall<E>): boolean {
  if (call.transformer.inline === undefined || call.options.media === 'pass') return false;
  const messages = (call.params as JsonObject)['messages'];
  if (!Array.isArray(messages)) return false;
  return (messages as JsonObject[]).some(
    ({ content }) =>
      Array.isArray(content) && (content as JsonObject[]).some((part) => mediaTypes.has(String(part['type']))),
  );
}
