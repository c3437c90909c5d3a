/** What each protocol's server demands of a conversation with tool calls; each check gives the faults of a body. */
import type { JsonObject } from '../../src/index.js';

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const objects = (value: unknown): JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : []);

const sameSet = (one: readonly unknown[], other: readonly unknown[]): boolean =>
  one.length === other.length && one.every((each) => other.includes(each));

class Faults {
  readonly found: string[] = [];

  demand(holds: boolean, fault: string): void {
    if (!holds) this.found.push(fault);
  }

  fields(owner: JsonObject, allowed: readonly string[], at: string): void {
    for (const name of Object.keys(owner)) this.demand(allowed.includes(name), `${at}.${name} is unknown`);
  }
}

interface ChatRules {
  /** Further fields that assistant messages may have. */
  fields?: readonly string[];
  /** One that those with tool calls must have, and not empty. */
  needs?: string;
  /** Types of further content parts. */
  parts?: readonly string[];
  /** Of ids of tool calls. */
  longest?: number;
  exactly?: number;
  noUserAfterTool?: boolean;
  /** Turns may hold what the model refused to do. */
  refusal?: boolean;
  /** Tool results may hold images. */
  toolMedia?: boolean;
  /** Turns of the assistant that neither call nor speak are refused. */
  noEmptyTurns?: boolean;
  /** Turns that call must have content, if an empty text. */
  content?: boolean;
}

const chatFields: Readonly<Record<string, readonly string[]>> = {
  system: ['role', 'content', 'name'],
  user: ['role', 'content', 'name'],
  assistant: ['role', 'content', 'name', 'audio', 'tool_calls', 'function_call'],
  tool: ['role', 'content', 'tool_call_id'],
};

/** https://platform.openai.com/docs/api-reference/chat/create */
export function checkOpenAI(body: JsonObject, rules: ChatRules = {}): string[] {
  const faults = new Faults();
  let open: unknown[] = [];
  let last: unknown;
  for (const [i, message] of objects(body['messages']).entries()) {
    const at = `messages[${i}]`;
    const { role, content } = message;
    const calls = objects(message['tool_calls']);
    const further = role === 'assistant' ? [...(rules.fields ?? []), ...(rules.refusal ? ['refusal'] : [])] : [];
    faults.fields(message, [...(chatFields[String(role)] ?? []), ...further], at);
    if (role === 'tool') {
      faults.demand(open.includes(message['tool_call_id']), `${at} answers no open call`);
      open = open.filter((id) => id !== message['tool_call_id']);
    } else {
      faults.demand(open.length === 0, `${at} comes before the results of ${open.join()}`);
      open = calls.map(({ id }) => id);
    }
    faults.demand(!(rules.noUserAfterTool && role === 'user' && last === 'tool'), `${at} follows a tool result`);
    last = role;
    const filled = typeof content === 'string' || objects(content).length > 0;
    faults.demand(filled || content === null || content === undefined, `${at} has a list of no parts`);
    const refuses = rules.refusal === true && typeof message['refusal'] === 'string';
    faults.demand(filled || refuses || (calls.length > 0 && !rules.content), `${at} has no content`);
    if (rules.noEmptyTurns && role === 'assistant' && calls.length === 0)
      faults.demand(/\S/.test(typeof content === 'string' ? content : JSON.stringify(content)), `${at} is empty`);
    const types =
      role === 'tool'
        ? rules.toolMedia
          ? ['text', 'image_url']
          : ['text']
        : role === 'user'
          ? ['text', 'image_url']
          : ['text', 'refusal'];
    for (const { type } of objects(content))
      faults.demand([...types, ...(rules.parts ?? [])].includes(String(type)), `${at} has a part ${String(type)}`);
    if (rules.needs !== undefined && calls.length > 0)
      faults.demand(Boolean(message[rules.needs]), `${at} bears no ${rules.needs}`);
    calls.forEach((call, j) => checkCall(call, rules, `${at}.tool_calls[${j}]`, faults));
  }
  faults.demand(open.length === 0, `no result for ${open.join()}`);
  return faults.found;
}

function checkCall(call: JsonObject, rules: ChatRules, at: string, faults: Faults): void {
  faults.fields(call, ['id', 'type', 'function'], at);
  const id = String(call['id']);
  faults.demand(id !== '' && id.length <= (rules.longest ?? Infinity), `${at}.id is too long`);
  if (rules.exactly !== undefined)
    faults.demand(id.length === rules.exactly && /^[a-zA-Z0-9]+$/.test(id), `${at}.id is ${id}`);
  const called = isObject(call['function']) ? call['function'] : {};
  faults.fields(called, ['name', 'arguments'], `${at}.function`);
  faults.demand(isObject(JSON.parse(String(called['arguments']))), `${at}.function.arguments is no object`);
}

const blockFields: Readonly<Record<string, readonly string[]>> = {
  text: ['type', 'text', 'citations', 'cache_control'],
  image: ['type', 'source', 'cache_control'],
  thinking: ['type', 'thinking', 'signature'],
  redacted_thinking: ['type', 'data'],
  tool_use: ['type', 'id', 'name', 'input', 'caller'],
  tool_result: ['type', 'tool_use_id', 'content', 'is_error'],
  server_tool_use: ['type', 'id', 'name', 'input'],
  web_search_tool_result: ['type', 'tool_use_id', 'content'],
};

/** https://platform.claude.com/docs/en/api/messages */
export function checkAnthropic(body: JsonObject): string[] {
  const faults = new Faults();
  const seen = new Set<unknown>();
  let asked: unknown[] = [];
  let last: unknown;
  for (const [i, message] of objects(body['messages']).entries()) {
    const at = `messages[${i}]`;
    const blocks = objects(message['content']);
    faults.fields(message, ['role', 'content'], at);
    faults.demand(message['role'] !== last, `${at} has the role of the message before`);
    faults.demand(blocks.length > 0, `${at} is empty`);
    last = message['role'];
    const results = blocks.filter(({ type }) => type === 'tool_result').map((block) => block['tool_use_id']);
    faults.demand(sameSet(results, asked), `${at} has results ${results.join()}`);
    faults.demand(
      blocks.slice(0, results.length).every(({ type }) => type === 'tool_result'),
      `${at} begins without its results`,
    );
    faults.demand(!/thinking/.test(String(blocks.at(-1)?.['type'])), `${at} ends with thinking`);
    asked = blocks.filter(({ type }) => type === 'tool_use').map(({ id }) => id);
    for (const [j, block] of blocks.entries()) {
      const place = `${at}.content[${j}]`;
      const { type } = block;
      faults.fields(block, blockFields[String(type)] ?? [], place);
      if (type === 'text') faults.demand(/\S/.test(String(block['text'])), `${place} is blank`);
      if (type === 'thinking') faults.demand(Boolean(block['signature']), `${place} is not signed`);
      if (type !== 'tool_use') continue;
      faults.demand(/^[a-zA-Z0-9_-]{1,64}$/.test(String(block['id'])), `${place}.id is ${String(block['id'])}`);
      faults.demand(!seen.has(block['id']), `${place}.id is used twice`);
      seen.add(block['id']);
      faults.demand(isObject(block['input']), `${place}.input is no object`);
    }
  }
  faults.demand(asked.length === 0, `no result for ${asked.join()}`);
  return faults.found;
}

const partFields = ['text', 'inlineData', 'fileData', 'functionCall', 'functionResponse'];

/** https://ai.google.dev/api/caching#Content, https://ai.google.dev/gemini-api/docs/thought-signatures */
export function checkGemini(body: JsonObject): string[] {
  const faults = new Faults();
  let asked: JsonObject[] = [];
  for (const [i, content] of objects(body['contents']).entries()) {
    const at = `contents[${i}]`;
    const parts = objects(content['parts']);
    faults.fields(content, ['role', 'parts'], at);
    faults.demand(['user', 'model'].includes(String(content['role'])), `${at}.role is ${String(content['role'])}`);
    faults.demand(parts.length > 0, `${at} is empty`);
    for (const [j, part] of parts.entries()) {
      faults.fields(part, [...partFields, 'thought', 'thoughtSignature'], `${at}.parts[${j}]`);
      faults.demand(partFields.filter((name) => name in part).length === 1, `${at}.parts[${j}] is not one thing`);
      faults.demand(part['text'] !== '', `${at}.parts[${j}].text is empty`);
    }
    const results = parts.map((part) => part['functionResponse']).filter(isObject);
    // Where there are ids the order is free.
    const names = (list: JsonObject[]): string =>
      list
        .map(({ name, id }) => `${String(name)} ${String(id)}`)
        .sort()
        .join();
    faults.demand(names(results) === names(asked), `${at} answers ${names(results)} to ${names(asked)}`);
    for (const result of results) faults.fields(result, ['id', 'name', 'response', 'parts'], `${at}.functionResponse`);
    const said = (list: JsonObject[], field: string): string[] =>
      list.map((each) => JSON.stringify(each[field]).toLowerCase());
    if (results.every(({ id }) => id === undefined))
      said(results, 'response').forEach((text, j) => {
        const [port] = ['sines', 'faro'].filter((name) => text.includes(name));
        const right = port === undefined || said(asked, 'args')[j]?.includes(port);
        faults.demand(right === true, `${at} has a result in the place of another`);
      });
    asked = parts.map((part) => part['functionCall']).filter(isObject);
    for (const call of asked) {
      faults.fields(call, ['id', 'name', 'args'], `${at}.functionCall`);
      faults.demand(isObject(call['args']), `${at} has arguments that are no object`);
    }
    const first = parts.find((part) => 'functionCall' in part);
    const ids = asked.some(({ id }) => id !== undefined);
    faults.demand(!ids || first?.['thoughtSignature'] !== undefined, `${at} calls without a signature`);
  }
  faults.demand(asked.length === 0, 'calls without results');
  return faults.found;
}

/** https://docs.cohere.com/reference/chat */
export function checkCohere(body: JsonObject): string[] {
  const faults = new Faults();
  let open: unknown[] = [];
  for (const [i, message] of objects(body['messages']).entries()) {
    const at = `messages[${i}]`;
    const { role } = message;
    const allowed: Readonly<Record<string, readonly string[]>> = {
      user: ['role', 'content'],
      system: ['role', 'content'],
      assistant: ['role', 'content', 'tool_calls', 'tool_plan'],
      tool: ['role', 'content', 'tool_call_id'],
    };
    faults.fields(message, allowed[String(role)] ?? [], at);
    if (role === 'tool') {
      faults.demand(open.includes(message['tool_call_id']), `${at} answers no open call`);
      open = open.filter((id) => id !== message['tool_call_id']);
    } else faults.demand(open.length === 0, `${at} comes before the results of ${open.join()}`);
    const calls = objects(message['tool_calls']);
    if (role === 'assistant') faults.demand(calls.length > 0 || Boolean(message['content']), `${at} is empty`);
    if (role === 'assistant') open = calls.map(({ id }) => id);
    calls.forEach((call, j) => checkCall(call, {}, `${at}.tool_calls[${j}]`, faults));
    for (const block of objects(message['content']))
      faults.demand(['text', 'thinking', 'image_url'].includes(String(block['type'])), `${at} has a foreign block`);
  }
  faults.demand(open.length === 0, `no result for ${open.join()}`);
  return faults.found;
}

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html */
export function checkConverse(body: JsonObject, { claude = false } = {}): string[] {
  const faults = new Faults();
  const kinds = [
    'text',
    'toolUse',
    'toolResult',
    'reasoningContent',
    'image',
    'document',
    'cachePoint',
    'citationsContent',
  ];
  let asked: string[] = [];
  let last: unknown;
  const seen = new Set<string>();
  for (const [i, message] of objects(body['messages']).entries()) {
    const at = `messages[${i}]`;
    faults.fields(message, ['role', 'content'], at);
    faults.demand(message['role'] !== last, `${at} has the role of the message before`);
    last = message['role'];
    const blocks = objects(message['content']);
    faults.demand(blocks.length > 0, `${at} is empty`);
    for (const [j, block] of blocks.entries()) {
      faults.fields(block, kinds, `${at}.content[${j}]`);
      faults.demand(Object.keys(block).length === 1, `${at}.content[${j}] is not one thing`);
      if ('text' in block) faults.demand(/\S/.test(String(block['text'])), `${at}.content[${j}] is blank`);
      faults.demand(claude || !('reasoningContent' in block), `${at} has thinking of another model`);
    }
    const of = (name: string): string[] =>
      blocks.flatMap((block) => (isObject(block[name]) ? [String(block[name]['toolUseId'])] : []));
    faults.demand(sameSet(of('toolResult'), asked), `${at} has results of other calls`);
    faults.demand(
      blocks.slice(0, asked.length).every((block) => 'toolResult' in block),
      `${at} begins without its results`,
    );
    const ends = blocks.at(-1);
    faults.demand(ends === undefined || !('reasoningContent' in ends), `${at} ends with thinking`);
    asked = of('toolUse');
    for (const id of asked) {
      faults.demand((claude ? /^[\w-]{1,64}$/ : /^[\w.:-]{1,64}$/).test(id), `${at} calls with the id ${id}`);
      faults.demand(!claude || !seen.has(id), `${at} calls twice with the id ${id}`);
      seen.add(id);
    }
  }
  faults.demand(asked.length === 0, 'calls without results');
  return faults.found;
}

/** https://docs.ollama.com/api/chat */
export function checkOllama(body: JsonObject): string[] {
  const faults = new Faults();
  for (const [i, message] of objects(body['messages']).entries()) {
    const at = `messages[${i}]`;
    faults.fields(message, ['role', 'content', 'thinking', 'images', 'tool_calls', 'tool_name', 'tool_call_id'], at);
    faults.demand(typeof message['content'] === 'string', `${at}.content is no string`);
    for (const call of objects(message['tool_calls'])) {
      const called = isObject(call['function']) ? call['function'] : {};
      faults.fields(call, ['id', 'function'], `${at}.tool_calls`);
      faults.demand(isObject(called['arguments']), `${at} has arguments that are no object`);
    }
    if (message['role'] === 'tool') faults.demand(message['tool_name'] === 'get_tide', `${at} names no tool`);
  }
  return faults.found;
}

/** https://replicate.com/openai/gpt-4.1/api/schema; prompts are texts. */
export function checkReplicate({ input }: JsonObject): string[] {
  const faults = new Faults();
  if (!isObject(input)) return ['there is no input'];
  if (!('messages' in input)) faults.demand(typeof input['prompt'] === 'string', 'there is no prompt');
  for (const [i, message] of objects(input['messages']).entries()) {
    faults.fields(message, ['role', 'content'], `messages[${i}]`);
    faults.demand(['system', 'user', 'assistant'].includes(String(message['role'])), `messages[${i}] has another role`);
    faults.demand(/\S/.test(JSON.stringify(message['content'])), `messages[${i}] is empty`);
  }
  return faults.found;
}
