/**
 * The order of a model turn's parts, kept beside the OpenAI-shaped message and made into parts again when the message
 * comes back. Gemini wants its parts returned as they were: a signature on the part that carried it, and parts of its
 * own tools in their place. Plain turns (thoughts, one text, images, calls) need no such record.
 * Source: https://ai.google.dev/gemini-api/docs/thought-signatures
 */
import type { JsonObject } from '../../src/core/spec.js';
import type { Part } from './wire.js';

/** One part by reference: `text` is a length in `content` (or, of a thought, in `reasoning_content`); the others are indexes. */
export interface OrderedPart {
  text?: number;
  thought?: true;
  tool_call?: number;
  image?: number;
  /** Into `server_side_parts`. */
  part?: number;
  /** Into `thought_signatures`. A tool call carries its own. */
  signature?: number;
}

/** What a message keeps in `provider_specific_fields`, all optional. */
export interface TurnRecord {
  thought_signatures?: string[];
  part_order?: OrderedPart[];
  server_side_parts?: JsonObject[];
}

/** Gathers the record while the parts of a turn are read. */
export class TurnRecorder {
  readonly order: OrderedPart[] = [];
  readonly signatures: string[] = [];
  readonly serverSide: JsonObject[] = [];

  text(length: number, thought: boolean, signature: string | undefined): void {
    const last = this.order.at(-1);
    const open = last?.text !== undefined && last.signature === undefined && (last.thought === true) === thought;
    if (open && signature === undefined) last.text = (last.text as number) + length;
    else if (length > 0 || signature !== undefined)
      this.order.push({ text: length, ...(thought && { thought: true as const }), ...this.#sign(signature) });
  }

  call(index: number): void {
    this.order.push({ tool_call: index });
  }

  /** A call in OpenAI's older form, which has no place for a signature. */
  legacyCall(signature: string | undefined): void {
    this.order.push({ tool_call: 0, ...this.#sign(signature) });
  }

  image(index: number, signature: string | undefined): void {
    this.order.push({ image: index, ...this.#sign(signature) });
  }

  opaque(part: JsonObject, signature: string | undefined): void {
    this.order.push({ part: this.serverSide.push(part) - 1, ...this.#sign(signature) });
  }

  #sign(signature: string | undefined): { signature?: number } {
    return signature === undefined ? {} : { signature: this.signatures.push(signature) - 1 };
  }

  /** Undefined when there is nothing to keep. */
  record(): TurnRecord | undefined {
    const plain = this.#isPlain();
    if (plain && this.signatures.length === 0) return undefined;
    return {
      ...(this.signatures.length > 0 && { thought_signatures: this.signatures }),
      ...(!plain && { part_order: this.order }),
      ...(this.serverSide.length > 0 && { server_side_parts: this.serverSide }),
    };
  }

  /** Thoughts, one text, images, calls: what the message says by itself. */
  #isPlain(): boolean {
    let stage = 0;
    for (const { text, thought, image, tool_call, signature } of this.order) {
      const now = thought ? 1 : text !== undefined ? 2 : image !== undefined ? 3 : tool_call !== undefined ? 4 : 0;
      if (now === 0 || now < stage || (now === stage && now < 3) || (signature !== undefined && now !== 2))
        return false;
      stage = now;
    }
    return true;
  }
}

/** The pieces that a message offers for its record to refer to. */
export interface TurnPieces {
  content: string;
  reasoning: string;
  calls: readonly Part[];
  images: readonly Part[];
}

/** The parts in their recorded order; undefined when the message was changed since, so that the record no longer fits. */
export function orderedParts(
  record: TurnRecord,
  { content, reasoning, calls, images }: TurnPieces,
): Part[] | undefined {
  const out: Part[] = [];
  let said = 0;
  let thought = 0;
  const used = { calls: 0, images: 0 };
  for (const piece of record.part_order ?? []) {
    let part: Part | undefined;
    if (typeof piece.text === 'number') {
      const from = piece.thought ? thought : said;
      const text = (piece.thought ? reasoning : content).slice(from, from + piece.text);
      if (text.length !== piece.text) return undefined;
      if (piece.thought) thought += piece.text;
      else said += piece.text;
      part = piece.thought ? { text, thought: true } : { text };
    } else if (typeof piece.tool_call === 'number') {
      part = calls[piece.tool_call];
      used.calls++;
    } else if (typeof piece.image === 'number') {
      part = images[piece.image];
      used.images++;
    } else if (typeof piece.part === 'number') part = record.server_side_parts?.[piece.part];
    if (part === undefined) return undefined;
    const signature = piece.signature === undefined ? undefined : record.thought_signatures?.[piece.signature];
    out.push(signature === undefined ? part : { ...part, thoughtSignature: signature });
  }
  const whole =
    said === content.length &&
    thought === reasoning.length &&
    used.calls === calls.length &&
    used.images === images.length;
  return whole ? out : undefined;
}
