/**
 * Cohere Command R over InvokeModel: the first version of Cohere's chat.
 * Source: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-cohere-command-r-plus.html
 */
import type { Call, Decoder, JsonObject, ResponseMeta, Transformer, WireEvent } from '../../src/core/spec.js';
import type { ChatCompletion, ChatCompletionChunk, Delta, FinishReason, ToolCall } from '../../src/types/chat.js';
import { asText, contentParts, contentText, isObject } from '../shared/messages.js';
import { identifiers, withToolNames } from '../shared/tool-names.js';
import { faultOf } from './errors.js';
import { chunkOf, completionOf, headerUsage, InvokeDecoder, invokeParams, invokeRequest } from './invoke.js';
import { later } from './params.js';

/** JSON Schema's types in Cohere's words, which are Python's. */
const types: Readonly<Record<string, string>> = {
  string: 'str',
  integer: 'int',
  number: 'float',
  boolean: 'bool',
  array: 'list',
  object: 'dict',
};

function toolOf(tool: unknown, at: number, call: Call<'chat'>): JsonObject[] {
  const definition = isObject(tool) ? tool['function'] : undefined;
  if (!isObject(definition)) {
    call.unsupported(`tools[${at}]`, 'tools other than functions');
    return [];
  }
  const schema = isObject(definition['parameters']) ? definition['parameters'] : {};
  const required = new Set(Array.isArray(schema['required']) ? (schema['required'] as unknown[]) : []);
  const definitions: JsonObject = {};
  for (const [name, given] of Object.entries(isObject(schema['properties']) ? schema['properties'] : {})) {
    const property = isObject(given) ? given : {};
    definitions[name] = {
      type: types[asText(property['type'])] ?? 'str',
      ...(typeof property['description'] === 'string' && { description: property['description'] }),
      required: required.has(name),
    };
    if (Object.keys(property).some((keyword) => keyword !== 'type' && keyword !== 'description'))
      call.warn({
        type: 'schema',
        param: `tools[${at}].function.parameters`,
        message: `#/properties/${name}: the model knows a type and a description; the rest is not sent`,
      });
  }
  const { name, description } = definition;
  return [{ name, description: asText(description), parameter_definitions: definitions }];
}

function callsOf(message: JsonObject): JsonObject[] {
  const given = message['tool_calls'];
  return (Array.isArray(given) ? given.filter(isObject) : []).map((each) => {
    const called = isObject(each['function']) ? each['function'] : {};
    let parameters: unknown = {};
    try {
      parameters = JSON.parse(asText(called['arguments']) || '{}');
    } catch {
      parameters = { INVALID_JSON: called['arguments'] };
    }
    return { id: each['id'], name: called['name'], parameters };
  });
}

function textOf(message: JsonObject, at: number, call: Call<'chat'>): string {
  contentParts(message['content']).forEach((part, i) => {
    if (part['type'] !== 'text' && part['type'] !== 'refusal')
      call.unsupported(`messages[${at}].content[${i}]`, `${asText(part['type'])} parts: the model takes texts`);
  });
  return contentText(message['content']);
}

/** The result of a tool as Cohere wants it: a list of objects. */
function outputs(text: string): JsonObject[] {
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return [value];
  } catch {
    // a plain text
  }
  return [{ text }];
}

/** System texts, the last question or results, and what went before them. */
function conversation(call: Call<'chat'>): JsonObject {
  const preamble: string[] = [];
  const history: JsonObject[] = [];
  const known = new Map<unknown, JsonObject>();
  let results: JsonObject[] = [];
  const flush = (): void => {
    if (results.length > 0) history.push({ role: 'TOOL', tool_results: results });
    results = [];
  };
  (call.params.messages as unknown as JsonObject[]).forEach((message, at) => {
    const { role } = message;
    const text = textOf(message, at, call);
    if (role === 'tool' || role === 'function') {
      const made = known.get(message['tool_call_id']) ?? { name: asText(message['name']), parameters: {} };
      results.push({ call: made, outputs: outputs(text) });
      return;
    }
    flush();
    if (role === 'system' || role === 'developer') preamble.push(text);
    else if (role === 'assistant') {
      const calls = callsOf(message);
      for (const { id, name, parameters } of calls) known.set(id, { name, parameters });
      const tools = calls.map(({ name, parameters }) => ({ name, parameters }));
      history.push({ role: 'CHATBOT', message: text, ...(tools.length > 0 && { tool_calls: tools }) });
    } else history.push({ role: 'USER', message: text });
  });
  const last = results.length === 0 && history.at(-1)?.['role'] === 'USER' ? history.pop() : undefined;
  return {
    message: asText(last?.['message']),
    ...(results.length > 0 && { tool_results: results }),
    ...(history.length > 0 && { chat_history: history }),
    ...(preamble.length > 0 && { preamble: preamble.join('\n\n') }),
  };
}

function finishReason(raw: unknown, called: boolean): FinishReason {
  const reason = asText(raw);
  if (reason === 'MAX_TOKENS') return 'length';
  if (reason === 'ERROR_TOXIC') return 'content_filter';
  return called ? 'tool_calls' : 'stop';
}

/** Cohere gives its calls no ids. */
const toolCalls = (given: unknown): ToolCall[] =>
  (Array.isArray(given) ? given.filter(isObject) : []).map(({ name, parameters }, at) => ({
    id: `call_${at}`,
    type: 'function',
    function: { name: asText(name), arguments: JSON.stringify(parameters ?? {}) },
  }));

/** Citations and what else an answer tells. */
function fieldsOf(body: JsonObject): JsonObject | undefined {
  const { citations, documents, search_queries, search_results } = body;
  const told = Object.entries({ citations, documents, search_queries, search_results });
  const kept = told.filter(([, value]) => Array.isArray(value) && value.length > 0);
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

function readAnswer(body: unknown, call: Call<'chat'>, meta: ResponseMeta): ChatCompletion {
  if (!isObject(body)) return body as ChatCompletion;
  if (typeof body['text'] !== 'string') {
    if (typeof body['message'] === 'string') throw faultOf(body);
    return body as unknown as ChatCompletion;
  }
  const calls = toolCalls(body['tool_calls']);
  const fields = fieldsOf(body);
  const choice = {
    finish_reason: finishReason(body['finish_reason'], calls.length > 0),
    message: {
      role: 'assistant' as const,
      content: body['text'] !== '' || calls.length === 0 ? body['text'] : null,
      refusal: null,
      ...(calls.length > 0 && { tool_calls: calls }),
      ...(fields && { provider_specific_fields: fields }),
    },
    provider_specific_fields: { stop_reason: body['finish_reason'] ?? null },
  };
  return completionOf(choice, body, call, meta, headerUsage(meta));
}

class CohereDecoder implements Decoder<ChatCompletionChunk> {
  done = false;
  #finished = false;

  constructor(readonly model: string) {}

  push({ data }: WireEvent, out: ChatCompletionChunk[]): void {
    const event: unknown = JSON.parse(data);
    if (!isObject(event) || this.#finished) return;
    switch (event['event_type']) {
      case 'stream-start':
        out.push(chunkOf(this.model, { delta: { role: 'assistant', content: '' } }));
        return;
      case 'text-generation':
        out.push(chunkOf(this.model, { delta: { content: asText(event['text']) } }));
        return;
      case 'citation-generation':
        if (Array.isArray(event['citations']))
          out.push(chunkOf(this.model, { delta: { provider_specific_fields: { citations: event['citations'] } } }));
        return;
      case 'stream-end':
        return this.#finish(event, out);
      default: // searches and pieces of calls, which the end repeats
    }
  }

  #finish(event: JsonObject, out: ChatCompletionChunk[]): void {
    this.#finished = true;
    const response = isObject(event['response']) ? event['response'] : {};
    const calls = toolCalls(response['tool_calls']).map((call, index) => ({ index, ...call }));
    if (calls.length > 0) out.push(chunkOf(this.model, { delta: { tool_calls: calls } as Delta }));
    const raw = event['finish_reason'];
    out.push(chunkOf(this.model, { delta: {}, finish_reason: finishReason(raw, calls.length > 0), raw }));
  }

  end(): void {
    if (this.#finished) this.done = true;
  }
}

const plain: Transformer<'chat'> = {
  params: {
    temperature: true,
    top_p: 'p',
    top_k: 'k',
    max_tokens: true,
    max_completion_tokens: 'max_tokens',
    stop: ((value: unknown, body: JsonObject) => {
      body['stop_sequences'] = Array.isArray(value) ? value : [value];
    }) as never,
    seed: true,
    frequency_penalty: true,
    presence_penalty: true,
    tools: later,
    ...invokeParams,
  },
  request(call, mapped) {
    const tools = (call.params.tools ?? []).flatMap((tool, at) => toolOf(tool, at, call));
    return invokeRequest(call, { ...conversation(call), ...mapped, ...(tools.length > 0 && { tools }) });
  },
  response: readAnswer,
  stream: {
    framing: 'aws',
    decoder: (call, meta) => new InvokeDecoder(new CohereDecoder(call.model), call, meta),
  },
};

/** "Valid names contain only the characters a-z, A-Z, 0-9, _ and must not begin with a digit." */
export const invokeCohere = withToolNames(plain, identifiers);
