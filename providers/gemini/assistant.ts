/** An assistant message as the parts of a model turn. */
import type { Call, JsonObject } from '../../src/core/spec.js';
import { foreignFields, hasThoughtSignatures, isSealed, thoughtSignature } from '../shared/foreign.js';
import { asText, contentText, isObject } from '../shared/messages.js';
import { Resolution, toPart } from './media.js';
import type { Family } from './models.js';
import { orderedParts, type TurnRecord } from './part-order.js';
import type { Part } from './wire.js';

type Notes = Pick<Call, 'warn'>;

/**
 * Stands in for the signature of a call that another model made; without one the API refuses the turn.
 * Source: https://ai.google.dev/gemini-api/docs/thought-signatures#faqs
 */
const skipValidation = btoa('skip_thought_signature_validator');

const text = (value: unknown): string | undefined => asText(value) || undefined;

/** Arguments must be an object; what is none is passed on under a name. */
function argumentsOf(given: unknown, path: string, call: Notes): JsonObject {
  if (isObject(given)) return given;
  const written = typeof given === 'string' ? given.trim() : '';
  if (written === '') return {};
  try {
    const parsed: unknown = JSON.parse(written);
    if (isObject(parsed)) return parsed;
  } catch {
    // told below
  }
  call.warn({ type: 'repair', param: path, message: 'is no JSON object; sent as the argument "arguments"' });
  return { arguments: written };
}

function callParts(message: JsonObject, path: string, ids: readonly string[], family: Family, call: Notes): Part[] {
  const calls = Array.isArray(message['tool_calls']) ? message['tool_calls'].filter(isObject) : [];
  const parts = calls.map((given, index): Part => {
    const { function: called, custom } = given;
    const id = ids[index];
    const at = `${path}.tool_calls[${index}].function.arguments`;
    const definition = isObject(called) ? called : isObject(custom) ? custom : {};
    const args = isObject(called) ? argumentsOf(called['arguments'], at, call) : { input: definition['input'] };
    const signature = thoughtSignature(given);
    return {
      functionCall: {
        name: text(definition['name']) ?? '',
        args,
        ...(family.third && id && { id }),
      },
      ...(signature !== undefined && { thoughtSignature: signature }),
    };
  });
  const legacy = message['function_call'];
  if (parts.length === 0 && isObject(legacy))
    parts.push({
      functionCall: {
        name: text(legacy['name']) ?? '',
        args: argumentsOf(legacy['arguments'], `${path}.function_call.arguments`, call),
      },
    });
  return parts;
}

/** Earlier thinking. Signatures go back only where the message shows that Gemini made them. */
function thoughtParts(message: JsonObject, path: string, family: Family, call: Notes): Part[] {
  const given = message['thinking_blocks'];
  const all = Array.isArray(given) ? given.filter(isObject) : [];
  const reasoning = text(message['reasoning_content']);
  if (family.thinking === undefined) {
    if (reasoning !== undefined || all.length > 0)
      call.warn({ type: 'drop', param: `${path}.reasoning_content`, message: 'the model takes no earlier thinking' });
    return [];
  }
  const own = hasThoughtSignatures(message);
  const sealed = all.filter(isSealed);
  if (!own && sealed.length > 0)
    call.warn({
      type: 'drop',
      param: `${path}.thinking_blocks`,
      message: 'thinking that another model signed is sent as its text alone',
    });
  if (reasoning !== undefined && (!own || sealed.length === 0)) return [{ text: reasoning, thought: true }];
  return all
    .filter(({ type, thinking }) => type === 'thinking' && typeof thinking === 'string')
    .map(({ thinking, signature }) => ({
      text: thinking as string,
      thought: true,
      ...(own && text(signature) !== undefined && { thoughtSignature: signature as string }),
    }));
}

/** Calls of Google's own tools in LiteLLM's form. */
function invocationParts(given: unknown): Part[] {
  const list = Array.isArray(given) ? given.filter(isObject) : [];
  return list.flatMap((invocation): Part[] => {
    const { tool_type: toolType, id, args, response, thought_signature, response_thought_signature } = invocation;
    const head = { toolType, id };
    return [
      {
        toolCall: { ...head, args },
        ...(text(thought_signature) && { thoughtSignature: thought_signature as string }),
      },
      {
        toolResponse: { ...head, response },
        ...(text(response_thought_signature) && { thoughtSignature: response_thought_signature as string }),
      },
    ];
  });
}

function imageParts(given: unknown, path: string, family: Family): Part[] {
  const list = Array.isArray(given) ? given.filter(isObject) : [];
  return list.flatMap(({ image_url }, index) => {
    const part = toPart({ type: 'image_url', image_url }, `${path}.images[${index}]`, family, new Resolution());
    return part ? [part] : [];
  });
}

function isTextPart(part: Part): boolean {
  return part.text !== undefined && part.thought !== true;
}

/** Fields of `provider_specific_fields` that are Gemini's, on messages and on tool calls. */
const ownFields = [
  'thought_signatures',
  'part_order',
  'server_side_parts',
  'server_side_tool_invocations',
  'audio_mime_type',
];
const ownOfCalls = ['thought_signature', 'extra_content'];

/**
 * The parts of a model turn, in the order in which the model gave them where the message tells it. `said` are those of
 * its content, `ids` are of its calls.
 */
export function assistantParts(
  message: JsonObject,
  path: string,
  said: readonly Part[],
  ids: readonly string[],
  family: Family,
  call: Notes,
): Part[] {
  const refusal = text(message['refusal']);
  const content = contentText(message['content']) || (refusal ?? '');
  const thoughts = thoughtParts(message, path, family, call);
  const calls = callParts(message, path, ids, family, call);
  const images = imageParts(message['images'], path, family);
  const record = (
    isObject(message['provider_specific_fields']) ? message['provider_specific_fields'] : {}
  ) as TurnRecord & JsonObject;
  const reasoning = text(message['reasoning_content']) ?? '';
  const recorded = Array.isArray(record.part_order)
    ? orderedParts(record, { content, reasoning, calls, images })
    : undefined;
  const parts = recorded ?? [
    ...thoughts,
    ...invocationParts(record['server_side_tool_invocations']),
    ...(said.some(isTextPart) || refusal === undefined ? said : [...said, { text: refusal }]),
    ...images,
    ...calls,
  ];
  if (recorded === undefined) signText(parts, calls, record.thought_signatures);
  const foreign = foreignFields(message, ownFields, ownOfCalls);
  if (foreign.length > 0)
    call.warn({ type: 'drop', param: path, message: `means nothing to Gemini and is not sent: ${foreign.join(', ')}` });
  if (message['audio'] !== undefined && message['audio'] !== null)
    call.warn({ type: 'drop', param: `${path}.audio`, message: 'an earlier audio answer cannot be referred to' });
  if (family.third) signFirstCall(parts, path, call);
  return parts;
}

/** The first signature that is not a call's belongs to the text. */
function signText(parts: Part[], calls: readonly Part[], signatures: unknown): void {
  const own = new Set(calls.map((part) => part.thoughtSignature));
  const list = Array.isArray(signatures) ? (signatures as unknown[]) : [];
  const signature = list.find((value): value is string => typeof value === 'string' && !own.has(value));
  const at = parts.findIndex(isTextPart);
  if (signature !== undefined && at >= 0) parts[at] = { ...parts[at], thoughtSignature: signature };
}

function signFirstCall(parts: Part[], path: string, call: Notes): void {
  const at = parts.findIndex((part) => part.functionCall !== undefined);
  if (at < 0 || parts.some((part) => part.functionCall !== undefined && part.thoughtSignature !== undefined)) return;
  parts[at] = { ...parts[at], thoughtSignature: skipValidation };
  call.warn({
    type: 'repair',
    param: `${path}.tool_calls`,
    message: 'carries no thought signature; the model is told not to expect one',
  });
}
