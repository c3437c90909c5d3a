/** From a resolved call to the bytes of its request. */
import { type Encoded, encode, type ResolvedCall } from './call.js';
import type { Limits } from './clock.js';
import type { EndpointSpec } from './endpoint.js';
import { BadRequestError, CallmError } from './errors.js';
import { mapParams } from './params.js';
import type { Environment } from './run.js';
import type { Call, Endpoint } from './spec.js';
import type { StructuredOutput } from './structured.js';

/** Prepares what a provider must not do itself: schemas compiled for its dialect, media downloaded. Without limits (a dry run) nothing is downloaded. */
export async function prepare<E extends Endpoint>(
  environment: Environment,
  given: ResolvedCall<E>,
  limits: Limits | undefined,
): Promise<{ call: ResolvedCall<E>; structured: StructuredOutput | undefined }> {
  let call = given;
  let structured: StructuredOutput | undefined;
  if ('response_format' in call.params) {
    const { structure } = await import('./structured.js');
    ({ call, structured } = await structure(call));
  }
  if (limits !== undefined && call.transformer.inline !== undefined && call.options.media !== 'pass') {
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

/** Whether preparing has nothing to wait for. */
export function isPlain<E extends Endpoint>(call: ResolvedCall<E>): boolean {
  return (
    !('response_format' in call.params) && (call.transformer.inline === undefined || call.options.media === 'pass')
  );
}
