/**
 * Arguments of a function call that come piece by piece, each at its JSON path (RFC 9535, the singular queries).
 * Source: https://cloud.google.com/vertex-ai/generative-ai/docs/multimodal/function-calling#streaming-fc
 */
import type { JsonObject } from '../../src/core/spec.js';
import type { PartialArg } from './wire.js';

const step = /\.([^.[\]]+)|\[(\d+)\]|\[(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\]/g;

function stepsOf(path: string): (string | number)[] {
  const out: (string | number)[] = [];
  for (const [, name, index, single, double] of path.matchAll(step)) {
    const quoted = single ?? double;
    if (index !== undefined) out.push(Number(index));
    else out.push(quoted === undefined ? (name as string) : quoted.replace(/\\(.)/g, '$1'));
  }
  return out;
}

type Holder = Record<string | number, unknown>;

/** Without a prototype, so that no name of a member means anything but itself. */
const emptyObject = (): Holder => Object.create(null) as Holder;

function valueOf(piece: PartialArg): unknown {
  const { stringValue, numberValue, boolValue } = piece;
  if (stringValue !== undefined) return stringValue;
  if (numberValue !== undefined) return numberValue;
  if (boolValue !== undefined) return boolValue;
  return 'nullValue' in piece ? null : undefined;
}

export class PartialArguments {
  readonly #root = emptyObject();
  /** The path whose string is still growing. */
  #growing: string | undefined;

  /** Arguments that came whole. */
  merge(args: JsonObject): void {
    for (const [name, value] of Object.entries(args)) this.#root[name] = value;
  }

  add(piece: PartialArg): void {
    const { jsonPath, willContinue } = piece;
    const value = valueOf(piece);
    const steps = jsonPath === undefined ? [] : stepsOf(jsonPath);
    const last = steps.pop();
    if (last === undefined || value === undefined) return;
    let holder = this.#root;
    for (const [at, name] of steps.entries()) holder = child(holder, name, typeof (steps[at + 1] ?? last) === 'number');
    const key = keyIn(holder, last);
    const before = holder[key];
    const grows = this.#growing === jsonPath && typeof before === 'string' && typeof value === 'string';
    holder[key] = grows ? before + value : value;
    this.#growing = willContinue === true ? jsonPath : undefined;
  }

  get value(): JsonObject {
    return this.#root;
  }
}

/** An index beyond the end means the next place: lists grow one by one. */
const keyIn = (holder: Holder, name: string | number): string | number =>
  Array.isArray(holder) && typeof name === 'number' ? Math.min(name, holder.length) : name;

function child(holder: Holder, name: string | number, list: boolean): Holder {
  const key = keyIn(holder, name);
  const found = holder[key];
  if (typeof found === 'object' && found !== null) return found as Holder;
  const made = list ? ([] as unknown as Holder) : emptyObject();
  holder[key] = made;
  return made;
}
