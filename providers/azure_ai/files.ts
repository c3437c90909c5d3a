/** Messages of the inference API hold texts, images and audio: https://learn.microsoft.com/rest/api/aifoundry/modelinference */
import type { Call, JsonObject } from '../../src/core/spec.js';
import { isObject } from '../shared/messages.js';

const isFile = (part: unknown): boolean => isObject(part) && part['type'] === 'file';
const partsOf = (message: unknown): readonly unknown[] =>
  isObject(message) && Array.isArray(message['content']) ? message['content'] : [];

/** Refuses file parts, or takes them out of the body if the call wants that. */
export function refuseFiles(call: Call<'chat'>, body: JsonObject): void {
  let found = false;
  for (const [at, message] of call.params.messages.entries())
    for (const [index, part] of partsOf(message).entries()) {
      if (!isFile(part)) continue;
      call.unsupported(`messages[${at}].content[${index}]`, 'file parts: the model takes text, images and audio');
      found = true;
    }
  if (!found) return;
  body['messages'] = (body['messages'] as JsonObject[]).map((message) =>
    partsOf(message).some(isFile) ? { ...message, content: partsOf(message).filter((part) => !isFile(part)) } : message,
  );
}
