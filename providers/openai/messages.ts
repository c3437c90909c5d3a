/** Makes of the caller's messages what an OpenAI-shaped server takes. The caller's objects are never changed. */
import type { JsonObject, Warning } from '../../src/core/spec.js';
import { plainId } from '../shared/foreign.js';
import { digest, type IdRule, linkTools, type ToolLinks } from '../shared/tool-links.js';
import { isNothing } from './answer.js';
import { cleanAssistant } from './assistant.js';
import { cleanContent } from './parts.js';
import type { CallIds, Roles } from './quirks.js';

export interface MessageRules {
  roles: Roles;
  cache_control: 'keep' | 'drop' | 'breakpoint';
  content_as_string: boolean;
  message_name: false | 'user' | undefined;
  drop_empty: boolean;
  content_required: boolean;
  refusal: boolean;
  file_as: 'document_url' | 'media_url' | undefined;
  file_urls: 'data' | 'as_given' | undefined;
  tool_media: boolean;
  reasoning_back: 'reasoning_content' | 'reasoning' | 'thinking_part' | undefined;
  /** A turn that calls tools must bear reasoning. */
  reasoning_required: boolean;
  send_back: readonly string[];
  seals: RegExp | undefined;
  call_ids: CallIds | undefined;
  /** Signatures in ids stay there. */
  signed_ids: boolean;
  after_tools: 'assistant' | undefined;
}

type Warn = (warning: Warning) => void;

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The same array when nothing needs to change, else a copy that shares the untouched messages. */
export function cleanMessages(messages: readonly unknown[], rules: MessageRules, warn: Warn): readonly unknown[] {
  const links = messages.some(callsTools) ? linkTools(messages, idRule(rules), warn) : undefined;
  let out: unknown[] | undefined;
  let media: unknown[] = [];
  for (let i = 0; i < messages.length; i++) {
    const message = messages[i];
    if (rules.drop_empty && isObject(message) && isEmptyTurn(message)) {
      out ??= messages.slice(0, i);
      warn({ type: 'drop', param: `messages[${i}]`, message: 'an assistant turn without content' });
      continue;
    }
    if (links !== undefined && roleOf(message) === 'tool' && links.result(i) === undefined) {
      out ??= messages.slice(0, i);
      continue;
    }
    let cleaned = isObject(message) ? cleanMessage(message, rules, links, warn, i) : message;
    if (isObject(cleaned) && cleaned['role'] === 'tool') {
      if (!rules.tool_media && Array.isArray(cleaned['content'])) cleaned = withoutMedia(cleaned, media, warn, i);
    } else if (media.length > 0) {
      out?.push({ role: 'user', content: media });
      media = [];
    }
    if (out) out.push(cleaned);
    else if (cleaned !== message) out = [...messages.slice(0, i), cleaned];
  }
  if (media.length > 0) out?.push({ role: 'user', content: media });
  return rules.after_tools === 'assistant' ? withAnswers(out ?? messages, warn) : (out ?? messages);
}

const roleOf = (message: unknown): unknown => (isObject(message) ? message['role'] : undefined);
const callsTools = (message: unknown): boolean =>
  isObject(message) && (Array.isArray(message['tool_calls']) || message['role'] === 'tool');

function idRule({ call_ids: ids, signed_ids }: MessageRules): IdRule {
  const { longest = Infinity, exactly } = ids ?? {};
  const bare = signed_ids ? (id: string): string => id : plainId;
  if (exactly === undefined) {
    const short = (id: string): string => (id.length <= longest ? id : `call_${digest(id, 12)}`);
    return { fit: (id) => short(bare(id)), tools_only: true };
  }
  const plain = /^[a-zA-Z0-9]+$/;
  return {
    fit: (given) => {
      const id = bare(given);
      return id.length === exactly && plain.test(id) ? id : digest(id, exactly);
    },
    unique: true,
    tools_only: true,
  };
}

/** Puts a turn of the assistant between tool results and a message of the user, with as little in it as can be. */
function withAnswers(messages: readonly unknown[], warn: Warn): readonly unknown[] {
  const after = (i: number): boolean => roleOf(messages[i]) === 'user' && roleOf(messages[i - 1]) === 'tool';
  if (!messages.some((_, i) => after(i))) return messages;
  warn({
    type: 'repair',
    param: 'messages',
    message: 'no message of the user may follow tool results here: an assistant turn "OK." is sent between them',
  });
  return messages.flatMap((message, i) => (after(i) ? [{ role: 'assistant', content: 'OK.' }, message] : [message]));
}

function isEmptyTurn(message: JsonObject): boolean {
  const { role, content, tool_calls: calls, function_call: legacy, refusal, audio } = message;
  if (role !== 'assistant' || (Array.isArray(calls) && calls.length > 0) || isObject(legacy)) return false;
  // Both may become the content.
  if ((typeof refusal === 'string' && refusal !== '') || isObject(audio)) return false;
  return isNothing(content) || (typeof content === 'string' && content.trim() === '');
}

/** A tool result with its texts alone; what else it holds goes to `media`, for a user message after the results. */
function withoutMedia(message: JsonObject, media: unknown[], warn: Warn, at: number): JsonObject {
  const content = message['content'] as unknown[];
  const other = content.filter((part) => isObject(part) && part['type'] !== 'text');
  if (other.length === 0) return message;
  const texts = content.filter((part) => !other.includes(part));
  media.push(
    { type: 'text', text: `Attached to the result of tool call ${String(message['tool_call_id'])}:` },
    ...other,
  );
  warn({
    type: 'repair',
    param: `messages[${at}].content`,
    message: 'tool results hold text only here; the other parts follow in a user message',
  });
  return { ...message, content: texts.length > 0 ? texts : 'See the attachment in the next message.' };
}

function cleanMessage(
  message: JsonObject,
  rules: MessageRules,
  links: ToolLinks | undefined,
  warn: Warn,
  at: number,
): JsonObject {
  let copy = message;
  const edit = (): JsonObject => (copy === message ? (copy = { ...message }) : copy);

  const role = message['role'];
  const renamed = role === 'developer' ? rules.roles.developer : role === 'system' ? rules.roles.system : undefined;
  if (renamed !== undefined && renamed !== role) {
    edit()['role'] = renamed;
    warn({ type: 'rewrite', param: `messages[${at}].role`, message: `role ${role as string} is sent as ${renamed}` });
  }
  if (rules.cache_control !== 'keep' && 'cache_control' in message) {
    delete edit()['cache_control'];
    warn({
      type: 'drop',
      param: `messages[${at}].cache_control`,
      message: 'cache marks stand on content parts, if anywhere',
    });
  }
  if ('name' in message && !mayBeNamed(role, rules)) {
    delete edit()['name'];
    warn({
      type: 'drop',
      param: `messages[${at}].name`,
      message: `this provider takes no name on messages of ${String(role)}`,
    });
  }
  const content = message['content'];
  if (Array.isArray(content)) {
    const cleaned = cleanContent(content, rules, warn, at);
    if (cleaned !== content) edit()['content'] = cleaned;
  }
  if (role === 'assistant') cleanAssistant(message, edit, rules, links?.ids(at) ?? [], warn, at);
  else if (role === 'tool') {
    const id = links?.result(at)?.id;
    if (id !== undefined && id !== message['tool_call_id']) edit()['tool_call_id'] = id;
    if (isNothing(content)) edit()['content'] = '';
  }
  return copy;
}

function mayBeNamed(role: unknown, rules: MessageRules): boolean {
  if (rules.message_name === undefined) return true;
  return rules.message_name === 'user' ? role === 'user' : role === 'tool' || role === 'function';
}
