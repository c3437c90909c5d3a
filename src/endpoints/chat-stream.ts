/** Chat's streams: chunks gathered into a completion, and a completion cut into chunks. Loaded with the first stream. */
import type { Assembler, ChunkUse } from '../core/endpoint.js';
import type {
  ChatCompletion,
  ChatCompletionChunk,
  Choice,
  ChunkChoice,
  Delta,
  ToolCallDelta,
  Usage,
} from '../types/chat.js';
import { joinPieces } from './pieces.js';

/** Whether a delta carries something a reader waits for. */
function hasContent(delta: Delta): boolean {
  return (
    (delta.content !== undefined && delta.content !== null && delta.content !== '') ||
    (delta.reasoning_content !== undefined && delta.reasoning_content !== null && delta.reasoning_content !== '') ||
    (delta.tool_calls !== undefined && delta.tool_calls !== null && delta.tool_calls.length > 0) ||
    (delta.refusal !== undefined && delta.refusal !== null && delta.refusal !== '') ||
    (delta.function_call !== undefined && delta.function_call !== null) ||
    (delta.audio !== undefined && delta.audio !== null) ||
    (delta.images !== undefined && delta.images !== null && delta.images.length > 0) ||
    (delta.thinking_blocks !== undefined && delta.thinking_blocks !== null && delta.thinking_blocks.length > 0)
  );
}

interface ToolParts {
  call: Record<string, unknown> & { id?: string; type: string };
  name: string;
  /** Arguments of a function call, or input of a custom one. */
  text: string;
  custom: boolean;
  /** What else a provider says of the function. */
  more?: Record<string, unknown>;
}

/** One choice as it grows; plain strings, made into a message only when asked. */
class ChoiceParts {
  content = '';
  said = false;
  reasoning = '';
  refusal = '';
  finish: Choice['finish_reason'] | null = null;
  role = false;
  tools: ToolParts[] | undefined = undefined;
  call: { name: string; arguments: string } | undefined = undefined;
  audio: Record<string, unknown> | undefined = undefined;
  images: unknown[] | undefined = undefined;
  annotations: unknown[] | undefined = undefined;
  thinking: unknown[] | undefined = undefined;
  logContent: unknown[] | undefined = undefined;
  logRefusal: unknown[] | undefined = undefined;
  fields: Record<string, unknown> | undefined = undefined;
  choiceFields: Record<string, unknown> | undefined = undefined;

  constructor(readonly index: number) {}

  addTool(delta: ToolCallDelta): void {
    const index = delta.index ?? 0;
    const tools = (this.tools ??= []);
    let parts = tools[index];
    if (parts === undefined) {
      parts = { call: { type: 'function' }, name: '', text: '', custom: false };
      tools[index] = parts;
    }
    for (const name in delta) {
      const value = delta[name as keyof ToolCallDelta] as unknown;
      if (name === 'index' || value === undefined || value === null) continue;
      if (name === 'function') {
        const { name: called, arguments: text } = value as { name?: string; arguments?: string };
        if (called !== undefined && called !== null && parts.name === '') parts.name = called;
        if (typeof text === 'string') parts.text += text;
        for (const field in value)
          if (field !== 'name' && field !== 'arguments')
            (parts.more ??= {})[field] = (value as Record<string, unknown>)[field];
      } else if (name === 'custom') {
        const { name: called, input } = value as { name?: string; input?: string };
        parts.custom = true;
        parts.call.type = 'custom';
        if (called !== undefined && called !== null && parts.name === '') parts.name = called;
        if (typeof input === 'string') parts.text += input;
      } else if (name === 'provider_specific_fields')
        parts.call[name] = { ...(parts.call[name] as object | undefined), ...value };
      else if (name !== 'id' || parts.call.id === undefined) parts.call[name] = value;
    }
  }
}

/** Adds what streams of provider fields bring: lists grow, texts too, all else is replaced. */
function mergeFields(into: Record<string, unknown>, from: Record<string, unknown>): Record<string, unknown> {
  for (const [name, value] of Object.entries(from)) {
    const had = into[name];
    if (Array.isArray(value)) into[name] = joinPieces(Array.isArray(had) ? had : [], value);
    else if (typeof had === 'string' && typeof value === 'string' && had !== value) into[name] = had + value;
    else into[name] = value;
  }
  return into;
}

type LogprobList = { content?: unknown[] | null; refusal?: unknown[] | null };

export class ChatAssembler implements Assembler<ChatCompletionChunk, ChatCompletion> {
  private model: string;
  private now: number;
  private id = '';
  private created = 0;
  private named = false;
  private choices: ChoiceParts[] = [];
  private usage: Usage | undefined = undefined;
  private extra: Record<string, unknown> = {};
  private fields: Record<string, unknown> | undefined = undefined;
  started = false;

  constructor(model: string, now: number) {
    this.model = model;
    this.now = now;
  }

  get finished(): boolean {
    return this.choices.length > 0 && this.choices.every((choice) => choice.finish !== null);
  }

  add(chunk: ChatCompletionChunk): ChunkUse {
    if (!this.named) this.name(chunk);
    if (chunk.id !== this.id) chunk.id = this.id;
    if (chunk.created !== this.created) chunk.created = this.created;
    if (chunk.usage !== undefined) {
      if (chunk.usage !== null)
        this.usage = this.usage === undefined ? chunk.usage : mergeUsage(this.usage, chunk.usage);
      chunk.usage = undefined as never;
    }
    if (chunk.system_fingerprint) this.extra['system_fingerprint'] = chunk.system_fingerprint;
    if (chunk.service_tier) this.extra['service_tier'] = chunk.service_tier;
    if (chunk.moderation) this.extra['moderation'] = chunk.moderation;
    const { provider_specific_fields: fields, choices } = chunk;
    if (fields !== undefined && fields !== null) this.fields = mergeFields(this.fields ?? {}, fields);
    if (choices.length === 0) return fields === undefined && !chunk.moderation ? 'skip' : 'quiet';
    let content = false;
    for (const choice of choices) if (this.addChoice(choice)) content = true;
    if (content) this.started = true;
    return content ? 'content' : 'quiet';
  }

  /** The first chunk names the answer; all others follow it. */
  private name(chunk: ChatCompletionChunk): void {
    this.named = true;
    this.id = chunk.id || `chatcmpl-${crypto.randomUUID()}`;
    this.created = chunk.created || Math.floor(this.now / 1000);
    if (chunk.model) this.model = chunk.model;
  }

  private addChoice(choice: ChunkChoice): boolean {
    const index = choice.index ?? 0;
    let parts = this.choices[index];
    if (parts === undefined) {
      for (let i = this.choices.length; i <= index; i++) this.choices[i] = new ChoiceParts(i);
      parts = this.choices[index] as ChoiceParts;
    }
    const { delta } = choice;
    if (typeof delta.content === 'string') {
      parts.content += delta.content;
      parts.said = true;
    }
    if (delta.role !== undefined) {
      if (parts.role) delta.role = undefined as never;
      else parts.role = true;
    }
    if (typeof delta.reasoning_content === 'string') parts.reasoning += delta.reasoning_content;
    if (delta.tool_calls) for (const call of delta.tool_calls) parts.addTool(call);
    if (typeof delta.refusal === 'string') parts.refusal += delta.refusal;
    if (delta.function_call || delta.audio || delta.images || delta.annotations || delta.thinking_blocks)
      this.addRare(parts, delta);
    if (delta.provider_specific_fields) parts.fields = mergeFields(parts.fields ?? {}, delta.provider_specific_fields);
    if (choice.provider_specific_fields)
      parts.choiceFields = mergeFields(parts.choiceFields ?? {}, choice.provider_specific_fields);
    if (choice.logprobs) {
      const { content, refusal } = choice.logprobs as LogprobList;
      if (content) parts.logContent = [...(parts.logContent ?? []), ...content];
      if (refusal) parts.logRefusal = [...(parts.logRefusal ?? []), ...refusal];
    }
    if (choice.finish_reason) {
      parts.finish = choice.finish_reason;
      return true;
    }
    return hasContent(delta);
  }

  private addRare(parts: ChoiceParts, delta: Delta): void {
    if (delta.function_call) {
      parts.call ??= { name: '', arguments: '' };
      if (delta.function_call.name && parts.call.name === '') parts.call.name = delta.function_call.name;
      if (delta.function_call.arguments) parts.call.arguments += delta.function_call.arguments;
    }
    if (delta.audio) {
      const audio = (parts.audio ??= {});
      for (const [name, value] of Object.entries(delta.audio))
        audio[name] =
          (name === 'data' || name === 'transcript') && typeof audio[name] === 'string'
            ? audio[name] + String(value)
            : value;
    }
    if (delta.images) (parts.images ??= []).push(...delta.images);
    if (delta.annotations) (parts.annotations ??= []).push(...delta.annotations);
    if (delta.thinking_blocks) (parts.thinking ??= []).push(...delta.thinking_blocks);
  }

  usageChunk(): ChatCompletionChunk | undefined {
    if (this.usage === undefined) return undefined;
    return {
      id: this.id,
      object: 'chat.completion.chunk',
      created: this.created,
      model: this.model,
      ...this.extra,
      choices: [],
      usage: this.usage,
    };
  }

  result(): ChatCompletion {
    return {
      id: this.id,
      object: 'chat.completion',
      created: this.created,
      model: this.model,
      ...this.extra,
      choices: this.choices.map(toChoice),
      ...(this.usage !== undefined && { usage: this.usage }),
      ...(this.fields !== undefined && { provider_specific_fields: this.fields }),
    };
  }
}

/** The later count wins, field by field; what it does not tell stays. */
function mergeUsage(before: Usage, after: Usage): Usage {
  const out: Record<string, unknown> = { ...before };
  for (const [name, value] of Object.entries(after)) if (value !== undefined && value !== null) out[name] = value;
  return out as unknown as Usage;
}

/** Signatures come after their text: pieces of one block are joined, a signature closes it. */
function joinThinking(pieces: readonly unknown[]): unknown[] {
  const out: Record<string, unknown>[] = [];
  for (const piece of pieces as Record<string, unknown>[]) {
    const last = out.at(-1);
    const open = last !== undefined && last['type'] === 'thinking' && last['signature'] === undefined;
    if (open && piece['type'] === 'thinking') {
      last['thinking'] = String(last['thinking'] ?? '') + String(piece['thinking'] ?? '');
      if (piece['signature'] !== undefined) last['signature'] = piece['signature'];
    } else out.push({ ...piece });
  }
  return out;
}

function toChoice(parts: ChoiceParts): Choice {
  const tools = (parts.tools ?? []).filter((tool) => tool !== undefined);
  const thinking = joinThinking(parts.thinking ?? []);
  const message = {
    role: 'assistant' as const,
    content: parts.said && (parts.content !== '' || tools.length === 0) ? parts.content : null,
    refusal: parts.refusal === '' ? null : parts.refusal,
    ...(parts.reasoning !== '' && { reasoning_content: parts.reasoning }),
    ...(thinking.length > 0 && { thinking_blocks: thinking }),
    ...(tools.length > 0 && {
      tool_calls: tools.map(({ call, name, text, custom, more }) => ({
        id: call.id ?? '',
        ...call,
        ...(custom ? { custom: { name, input: text } } : { function: { name, arguments: text, ...more } }),
      })),
    }),
    ...(parts.call !== undefined && { function_call: parts.call }),
    // All four fields are required by OpenAI's schema; not every provider sends them.
    ...(parts.audio !== undefined && { audio: { id: '', expires_at: 0, data: '', transcript: '', ...parts.audio } }),
    ...(parts.images !== undefined && { images: parts.images }),
    ...(parts.annotations !== undefined && { annotations: parts.annotations }),
    ...(parts.fields !== undefined && { provider_specific_fields: parts.fields }),
  };
  return {
    index: parts.index,
    // A reason that never came is not invented: of a broken stream it stays null.
    finish_reason: parts.finish as Choice['finish_reason'],
    logprobs:
      parts.logContent === undefined && parts.logRefusal === undefined
        ? null
        : { content: parts.logContent ?? null, refusal: parts.logRefusal ?? null },
    message,
    ...(parts.choiceFields !== undefined && { provider_specific_fields: parts.choiceFields }),
  } as Choice;
}

/** A whole completion as the chunks of a stream; `n` choices give `n` content and finish chunks. */
export function toChunks(result: ChatCompletion): ChatCompletionChunk[] {
  const { choices, usage, object: _, provider_specific_fields, ...head } = result;
  const base = { ...head, object: 'chat.completion.chunk' as const };
  const out: ChatCompletionChunk[] = [];
  for (const { index, message, logprobs, finish_reason, ...rest } of choices) {
    const { tool_calls, ...said } = message;
    const calls = tool_calls?.map((call, position) => ({ ...call, index: position })) as ToolCallDelta[] | undefined;
    const delta = Object.fromEntries(
      Object.entries({ ...said, ...(calls !== undefined && { tool_calls: calls }) }).filter(
        ([, value]) => value !== null,
      ),
    ) as Delta;
    out.push({ ...base, choices: [{ index, delta, finish_reason: null, ...(logprobs !== null && { logprobs }) }] });
    out.push({ ...base, choices: [{ index, delta: {}, finish_reason, ...rest }] });
  }
  if (usage !== undefined) out.push({ ...base, choices: [], usage });
  // Told once: what comes twice is joined.
  if (provider_specific_fields !== undefined && out[0] !== undefined)
    out[0].provider_specific_fields = provider_specific_fields;
  return out;
}
