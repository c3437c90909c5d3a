import { ProviderFault } from '../../src/core/errors.js';
import type { JsonObject } from '../../src/core/spec.js';
import type { ChatCompletion } from '../../src/types/chat.js';
import { argumentsText, finishReason, isObject, reasoningText, serviceTier, setAside, splitParts } from './answer.js';
import { readAnnotations } from './annotations.js';
import { faultOfChoice, faultWithout } from './errors.js';
import { isOwnForm, readLogprobs } from './logprobs.js';
import { callFunction, callId } from './tool-calls.js';
import { readUsage } from './usage.js';

const completionFields = new Set([
  'id',
  'object',
  'created',
  'model',
  'choices',
  'usage',
  'service_tier',
  'system_fingerprint',
  'metadata',
  'moderation',
  'provider_specific_fields',
]);
const choiceFields = new Set(['index', 'message', 'finish_reason', 'logprobs', 'provider_specific_fields']);
const messageFields = new Set([
  'role',
  'content',
  'refusal',
  'tool_calls',
  'function_call',
  'annotations',
  'audio',
  'images',
  'reasoning_content',
  'thinking_blocks',
  'provider_specific_fields',
]);
const toolCallFields = new Set(['id', 'type', 'function', 'custom', 'provider_specific_fields']);
/** Null or empty, these are as good as absent. */
const emptyIsAbsent = ['service_tier', 'system_fingerprint', 'metadata', 'moderation'] as const;

function setForeignAside(owner: JsonObject, known: ReadonlySet<string>): void {
  for (const field of Object.keys(owner)) {
    if (known.has(field)) continue;
    const value = owner[field];
    delete owner[field];
    setAside(owner, field, value);
  }
}

/** Fills in what OpenAI's schema requires, in place: the body is ours, fresh from the parser. */
export function readCompletion(body: unknown, model: string, reasoningApart = false): ChatCompletion {
  // Google tells errors in a list.
  const error: unknown = Array.isArray(body) ? body[0] : undefined;
  if (!isObject(body)) return isObject(error) ? readCompletion(error, model) : (body as ChatCompletion);
  const choices = body['choices'];
  if (!hasAnswer(choices)) {
    const facts = faultWithout(body);
    if (facts) throw new ProviderFault(facts);
  }
  body['object'] = 'chat.completion';
  if (typeof body['id'] !== 'string') body['id'] = body['id'] === undefined ? '' : String(body['id']);
  if (typeof body['created'] !== 'number') body['created'] = 0;
  if (typeof body['model'] !== 'string' || body['model'] === '') body['model'] = model;
  for (const field of emptyIsAbsent) if (body[field] === null || body[field] === '') delete body[field];
  readTier(body);
  if (Array.isArray(choices)) choices.forEach((choice: unknown, i) => isObject(choice) && readChoice(choice, i));
  const groq = body['x_groq'];
  const usage = body['usage'] ?? (isObject(groq) ? groq['usage'] : undefined);
  if (isObject(usage)) body['usage'] = readUsage(usage, reasoningApart);
  else delete body['usage'];
  setForeignAside(body, completionFields);
  return body as unknown as ChatCompletion;
}

function readTier(body: JsonObject): void {
  const told = body['service_tier'];
  const tier = typeof told === 'string' ? serviceTier(told) : undefined;
  if (tier !== told) setAside(body, 'service_tier', told);
  if (tier === undefined) delete body['service_tier'];
  else body['service_tier'] = tier;
}

const hasAnswer = (choices: unknown): boolean =>
  Array.isArray(choices) && choices.length > 0 && isObject(choices[0]) && isObject(choices[0]['message']);

function readChoice(choice: JsonObject, at: number): void {
  const fault = faultOfChoice(choice);
  if (fault) throw new ProviderFault({ ...fault, provider_specific_fields: { message: choice['message'] } });
  if (typeof choice['index'] !== 'number') choice['index'] = at;
  const message = isObject(choice['message']) ? choice['message'] : (choice['message'] = {} as JsonObject);
  const { logprobs } = choice;
  if (!isOwnForm(logprobs)) setAside(choice, 'logprobs', logprobs);
  choice['logprobs'] = readLogprobs(logprobs, message['content']);
  const calls = readMessage(message);
  // The answer is whole: an empty reason means that it simply ended.
  choice['finish_reason'] = finishReason(choice['finish_reason'], calls) ?? (calls ? 'tool_calls' : 'stop');
  // What Perplexity repeats of its streams.
  if (isObject(choice['delta'])) delete choice['delta'];
  setForeignAside(choice, choiceFields);
}

/** Returns whether the answer calls tools of the caller. */
function readMessage(message: JsonObject): boolean {
  message['role'] = 'assistant';
  const content = message['content'];
  let reasoning = typeof message['reasoning_content'] === 'string' ? message['reasoning_content'] : '';
  if (Array.isArray(content)) {
    const parts = splitParts(content);
    message['content'] = parts.text;
    if (reasoning === '') reasoning = parts.reasoning;
    if (parts.rest) setAside(message, 'content', content);
  } else if (typeof content !== 'string') message['content'] = null;
  if (typeof message['refusal'] !== 'string' || message['refusal'] === '') message['refusal'] = null;

  if (typeof message['reasoning'] === 'string') {
    if (reasoning === '') reasoning = message['reasoning'];
    if (reasoning === message['reasoning']) delete message['reasoning'];
  }
  if (reasoning === '') reasoning = reasoningText(message['reasoning_details']);
  // An empty one stays: some vendors want back exactly what they sent.
  if (reasoning !== '') message['reasoning_content'] = reasoning;
  else if (message['reasoning_content'] !== '') delete message['reasoning_content'];

  const fn = message['function_call'];
  if (!isObject(fn) || !fn['name']) delete message['function_call'];
  else fn['arguments'] = argumentsText(fn['arguments'], '{}') || '{}';
  const audio = message['audio'];
  if (!isObject(audio) || (!audio['id'] && !audio['data'])) delete message['audio'];
  readAnnotations(message);

  const given = message['tool_calls'];
  const calls: JsonObject[] = Array.isArray(given) ? given.filter(isObject) : [];
  calls.forEach(readToolCall);
  if (calls.length === 0) delete message['tool_calls'];
  else {
    message['tool_calls'] = calls;
    // As in OpenAI's answers, and in streams.
    if (message['content'] === '') message['content'] = null;
  }
  setForeignAside(message, messageFields);
  return message['tool_calls'] !== undefined;
}

function readToolCall(call: JsonObject, at: number): void {
  call['id'] = callId(call) || `call_${at}`;
  const fn = callFunction(call);
  const custom = call['custom'];
  if (isObject(custom) && custom['name'] && !(isObject(fn) && fn['name'])) {
    call['type'] = 'custom';
    delete call['function'];
  } else {
    call['type'] = 'function';
    delete call['custom'];
    if (isObject(fn)) fn['arguments'] = argumentsText(fn['arguments'], '{}') || '{}';
  }
  delete call['index'];
  setForeignAside(call, toolCallFields);
}
