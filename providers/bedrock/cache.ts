/** Cache points: https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html */
import type { JsonObject } from '../../src/core/spec.js';
import { isObject } from '../shared/messages.js';
import type { Block } from './blocks.js';
import type { Context } from './context.js';

/** The mark that an owner bears, Anthropic's or OpenAI's explicit one. */
function markOf(owner: JsonObject): JsonObject | undefined {
  if (isObject(owner['cache_control'])) return owner['cache_control'];
  return isObject(owner['prompt_cache_breakpoint']) ? {} : undefined;
}

/** The cache point that follows a marked block, tool or message; none where there is no mark, or no cache. */
export function cachePoint(
  owner: JsonObject,
  place: 'message' | 'tool',
  path: string,
  { call, model }: Context,
): Block[] {
  const mark = markOf(owner);
  if (mark === undefined) return [];
  const param = `${path}.cache_control`;
  if (model.cache === 'none' || (model.cache === 'messages' && place === 'tool')) {
    call.warn({ type: 'drop', param, message: `${call.model} caches no ${place}s; the mark is not sent` });
    return [];
  }
  const { ttl } = mark;
  const long = typeof ttl === 'string' && ttl !== '5m';
  if (long && !model.long_cache)
    call.warn({ type: 'drop', param: `${param}.ttl`, message: `${call.model} keeps caches for 5m only` });
  return [{ cachePoint: { type: 'default', ...(long && model.long_cache && { ttl }) } }];
}
