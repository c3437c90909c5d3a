import type { ResolvedCall } from './call.js';
import type { ChatCompletion } from '../types/chat.js';
import type { Endpoint } from './spec.js';

export interface StructuredOutput {
  apply(result: ChatCompletion): Promise<void>;
}

export async function structure<E extends Endpoint>(
  call: ResolvedCall<E>,
): Promise<{ call: ResolvedCall<E>; structured: StructuredOutput | undefined }> {
  return { call, structured: undefined };
}
