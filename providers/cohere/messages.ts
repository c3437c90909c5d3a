/** The conversation in Cohere's shape: https://docs.cohere.com/reference/chat. The caller's objects are never changed. */
import type { Call, JsonObject } from '../../src/core/spec.js';
import { plainId } from '../shared/foreign.js';
import { linkTools } from '../shared/tool-links.js';
import { readAssistant } from './assistant.js';
import { type Document, noMark, readContent } from './parts.js';

export interface Conversation {
  messages: JsonObject[];
  /** Files of the user's messages. */
  documents: Document[];
}

export function readMessages(call: Call<'chat'>): Conversation {
  const messages: JsonObject[] = [];
  const documents: Document[] = [];
  const links = linkTools(call.params.messages, { fit: plainId }, (warning) => call.warn(warning));
  (call.params.messages as unknown as JsonObject[]).forEach((message, at) => {
    const path = `messages[${at}]`;
    noMark(message, path, call);
    const { role, name, content } = message;
    if (typeof name === 'string' && role !== 'tool' && role !== 'function')
      call.warn({ type: 'drop', param: `${path}.name`, message: 'Cohere takes no name on messages' });
    switch (role) {
      case 'assistant': {
        const answer = readAssistant(message, at, links.ids(at), call);
        if (answer !== undefined) messages.push(answer);
        return;
      }
      case 'tool':
      case 'function': {
        const answered = links.result(at);
        if (answered === undefined) return;
        const result = readContent(content ?? '', `${path}.content`, 'tool', call, documents);
        messages.push({ role: 'tool', tool_call_id: answered.id, content: result });
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
