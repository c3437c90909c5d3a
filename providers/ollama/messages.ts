/** The conversation in Ollama's shape: https://docs.ollama.com/api/chat. The caller's objects are never changed. */
import type { Call, JsonObject } from '../../src/core/spec.js';
import { plainId } from '../shared/foreign.js';
import { asText } from '../shared/messages.js';
import { linkTools, type ToolLinks } from '../shared/tool-links.js';
import { readAssistant } from './assistant.js';
import { noMark, readContent } from './parts.js';

export function readMessages(call: Call<'chat'>): JsonObject[] {
  const links = linkTools(call.params.messages, { fit: plainId }, (warning) => call.warn(warning));
  return (call.params.messages as unknown as JsonObject[]).flatMap((message, at) => {
    const made = readMessage(message, at, links, call);
    return made === undefined ? [] : [made];
  });
}

function readMessage(message: JsonObject, at: number, links: ToolLinks, call: Call<'chat'>): JsonObject | undefined {
  const path = `messages[${at}]`;
  noMark(message, path, call);
  const { role, name } = message;
  if (typeof name === 'string' && role !== 'tool' && role !== 'function')
    call.warn({ type: 'drop', param: `${path}.name`, message: 'Ollama takes no name on messages' });
  const said = readContent(message['content'], `${path}.content`, call);
  switch (role) {
    case 'assistant':
      return readAssistant(message, path, said, links.ids(at), call);
    case 'tool':
    case 'function': {
      const answered = links.result(at);
      if (answered === undefined) return undefined;
      const tool = answered.name || asText(name);
      return { role: 'tool', ...said, ...(tool !== '' && { tool_name: tool }), tool_call_id: answered.id };
    }
    case 'developer':
      call.warn({ type: 'rewrite', param: `${path}.role`, message: 'role developer is sent as system' });
      return { role: 'system', ...said };
    default:
      return { role, ...said };
  }
}
