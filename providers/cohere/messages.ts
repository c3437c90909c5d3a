/** The conversation in Cohere's shape: https://docs.cohere.com/reference/chat. The caller's objects are never changed. */
import type { Call, JsonObject } from '../../src/core/spec.js';
import { asText, isObject } from '../shared/messages.js';
import { legacyId, readAssistant } from './assistant.js';
import { type Document, noMark, readContent } from './parts.js';

export interface Conversation {
  messages: JsonObject[];
  /** Files of the user's messages. */
  documents: Document[];
}

export function readMessages(call: Call<'chat'>): Conversation {
  const messages: JsonObject[] = [];
  const documents: Document[] = [];
  /** Calls without an id (OpenAI's older form), by function name. */
  const legacy = new Map<string, string>();
  (call.params.messages as unknown as JsonObject[]).forEach((message, at) => {
    const path = `messages[${at}]`;
    noMark(message, path, call);
    const { role, name, content } = message;
    if (typeof name === 'string' && role !== 'tool' && role !== 'function')
      call.warn({ type: 'drop', param: `${path}.name`, message: 'Cohere takes no name on messages' });
    switch (role) {
      case 'assistant': {
        const called = message['function_call'];
        if (isObject(called)) legacy.set(asText(called['name']), legacyId(at));
        const answer = readAssistant(message, at, call);
        if (answer !== undefined) messages.push(answer);
        return;
      }
      case 'tool':
      case 'function': {
        const id = role === 'tool' ? message['tool_call_id'] : (legacy.get(asText(name)) ?? legacyId(at));
        const result = readContent(content ?? '', `${path}.content`, 'tool', call, documents);
        messages.push({ role: 'tool', tool_call_id: id, content: result });
        return;
      }
      case 'developer':
        call.warn({ type: 'rewrite', param: `${path}.role`, message: 'role developer is sent as system' });
    }
    const place = role === 'user' ? 'user' : 'system';
    messages.push({ role: place, content: readContent(content, `${path}.content`, place, call, documents) });
  });
  return { messages, documents };
}
