/** What InvokeModel takes in headers: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModel.html */
import type { JsonObject } from '../../src/core/spec.js';
import { isObject } from '../shared/messages.js';
import { ownFields } from './params.js';

function put(headers: Record<string, string>, name: string, value: unknown): void {
  if (typeof value === 'string' || typeof value === 'number') headers[`x-amzn-bedrock-${name}`] = String(value);
}

/** Takes Converse's fields of that meaning out of a body; undefined when there are none. */
export function headersOf(body: JsonObject): { headers: Record<string, string> | undefined; rest: JsonObject } {
  const headers: Record<string, string> = {};
  const rest = { ...body };
  const taken = ownFields.map((name) => {
    const value = rest[name];
    delete rest[name];
    return isObject(value) ? value : undefined;
  });
  const [guardrail, performance, metadata, tier] = taken;
  put(headers, 'guardrailidentifier', guardrail?.['guardrailIdentifier']);
  put(headers, 'guardrailversion', guardrail?.['guardrailVersion']);
  const trace = guardrail?.['trace'];
  put(headers, 'trace', typeof trace === 'string' ? trace.toUpperCase() : undefined);
  put(headers, 'performanceconfig-latency', performance?.['latency']);
  put(headers, 'service-tier', tier?.['type']);
  if (metadata !== undefined) put(headers, 'request-metadata', JSON.stringify(metadata));
  return { headers: Object.keys(headers).length === 0 ? undefined : headers, rest };
}
