import type { JsonObject } from '../../src/core/spec.js';
import type { EmbeddingResponse, EmbeddingUsage } from '../../src/types/embeddings.js';
import { isObject } from './messages.js';

/** The usage of a call that was made in parts: sums; what each part told beside stands in a list. */
export function sumUsage(results: readonly EmbeddingResponse[]): EmbeddingUsage {
  const sum: JsonObject = { prompt_tokens: 0, total_tokens: 0 };
  const told: Record<string, unknown[]> = {};
  for (const { usage } of results) {
    const { provider_specific_fields: fields = {}, ...counts } = usage;
    add(sum, counts);
    for (const [name, value] of Object.entries(fields)) (told[name] ??= []).push(value);
  }
  if (Object.keys(told).length > 0) sum['provider_specific_fields'] = told;
  return sum as unknown as EmbeddingUsage;
}

function add(sum: JsonObject, counts: object): void {
  for (const [name, value] of Object.entries(counts) as [string, unknown][]) {
    const before = sum[name];
    if (typeof value === 'number') sum[name] = (typeof before === 'number' ? before : 0) + value;
    else if (isObject(value)) {
      const inner: JsonObject = isObject(before) ? before : {};
      sum[name] = inner;
      add(inner, value);
    } else sum[name] ??= value;
  }
}
