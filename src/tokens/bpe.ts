/** Byte-pair encoding: cuts a text into pieces and merges each piece's bytes by a table of tokens. */

/** The tokens by their number, which is their rank too: a text, or bytes that are no whole text. */
export type TokenTable = readonly (string | readonly number[] | undefined)[];

/** Cuts a text into the pieces that are merged apart from each other. */
export type Split = (text: string) => readonly string[];

export interface Encoding {
  table: TokenTable;
  split: Split;
  /** Tokens that stand in no table, by their text. */
  special: Readonly<Record<string, number>>;
  /** Special tokens are found in texts; otherwise they are text like any other. */
  reads_special?: boolean;
  /** Of each token, how many bytes its left part must have. Absent: any two tokens that make it may be joined. */
  lefts?: Uint8Array;
  /** What is done to a text first. */
  normalize?(text: string): string;
}

const none = 0x7fff_ffff;
/** Pieces whose tokens are remembered, and how long a piece may be for that. */
const remembered = 20_000;
const rememberedLength = 64;
const lead = 2 ** 32;

const encoder = new TextEncoder();
/** `ignoreBOM` keeps U+FEFF in the text. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const strict = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true });

function asText(bytes: readonly number[]): string | undefined {
  try {
    return strict.decode(Uint8Array.from(bytes));
  } catch {
    return undefined;
  }
}

/** One character for each byte. */
function asBytes(bytes: ArrayLike<number>): string {
  let out = '';
  for (let at = 0; at < bytes.length; at++) out += String.fromCharCode(bytes[at] as number);
  return out;
}

/** A piece as the merge sees it. */
interface Piece {
  text: string;
  /** Of each byte, where its character begins in `text`; -1 within a character. Absent: all is ASCII. */
  starts: Int32Array | undefined;
  /** One character for each byte. */
  bytes: string;
}

const ascii = /^[\0-\x7f]*$/;

function toPiece(given: string): Piece {
  if (ascii.test(given)) return { text: given, starts: undefined, bytes: given };
  // What the bytes of a lone surrogate are.
  const text = given.replace(/\p{Surrogate}/gu, '\ufffd');
  const bytes = encoder.encode(text);
  const starts = new Int32Array(bytes.length + 1).fill(-1);
  let unit = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    if ((byte & 0xc0) === 0x80) continue;
    starts[at] = unit;
    unit += byte >= 0xf0 ? 2 : 1;
  }
  starts[bytes.length] = text.length;
  return { text, starts, bytes: asBytes(bytes) };
}

/** The least of many numbers, again and again. */
class Heap {
  readonly #items: Float64Array;
  #size = 0;
  constructor(capacity: number) {
    this.#items = new Float64Array(capacity);
  }
  push(value: number): void {
    const items = this.#items;
    let at = this.#size++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = items[parent] as number;
      if (above <= value) break;
      items[at] = above;
      at = parent;
    }
    items[at] = value;
  }
  pop(): number | undefined {
    if (this.#size === 0) return undefined;
    const items = this.#items;
    const least = items[0] as number;
    const size = --this.#size;
    const value = items[size] as number;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && (items[child + 1] as number) < (items[child] as number)) child++;
      const below = items[child] as number;
      if (below >= value) break;
      items[at] = below;
      at = child;
    }
    items[at] = value;
    return least;
  }
}

export class Bpe {
  readonly #encoding: Encoding;
  readonly #special: ReadonlyMap<number, string>;
  readonly #pattern: RegExp | undefined;
  /** Tokens that are texts. */
  readonly #texts = new Map<string, number>();
  /** Tokens that begin or end within a character, one character for each byte. */
  readonly #fragments = new Map<string, number>();
  #longest = 0;
  readonly #known = new Map<string, readonly number[]>();

  constructor(encoding: Encoding) {
    const { table, special, reads_special } = encoding;
    this.#encoding = encoding;
    const specials = Object.entries(special);
    this.#special = new Map(specials.map(([text, id]) => [id, text]));
    if (reads_special === true)
      this.#pattern = new RegExp(
        `(${specials.map(([text]) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|')})`,
      );
    for (let id = 0; id < table.length; id++) {
      const token = table[id];
      if (token === undefined) continue;
      const text = typeof token === 'string' ? token : asText(token);
      if (text !== undefined) this.#texts.set(text, id);
      else this.#fragments.set(asBytes(token as readonly number[]), id);
      // No token has more bytes than this; a few less may be counted as possible, which does no harm.
      this.#longest = Math.max(this.#longest, typeof token === 'string' ? token.length * 3 : token.length);
    }
  }

  count(text: string): number {
    let total = 0;
    for (const [part, special] of this.#parts(text)) {
      if (special !== undefined) total++;
      else
        for (const piece of this.#encoding.split(part)) total += this.#isToken(piece) ? 1 : this.#tokens(piece).length;
    }
    return total;
  }

  encode(text: string): number[] {
    const out: number[] = [];
    for (const [part, special] of this.#parts(text)) {
      if (special !== undefined) out.push(special);
      else
        for (const piece of this.#encoding.split(part))
          if (this.#isToken(piece)) out.push(this.#texts.get(piece) as number);
          else for (const token of this.#tokens(piece)) out.push(token);
    }
    return out;
  }

  /** Where any two tokens may be joined, a piece that is a token is never more of them. */
  #isToken(piece: string): boolean {
    return this.#encoding.lefts === undefined && this.#texts.has(piece);
  }

  /** Throws RangeError at a number that is no token. */
  decode(ids: readonly number[]): string {
    const bytes: Uint8Array[] = [];
    let length = 0;
    for (const id of ids) {
      const token = this.#encoding.table[id] ?? this.#special.get(id);
      if (token === undefined) throw new RangeError(`there is no token ${String(id)}`);
      const some = typeof token === 'string' ? encoder.encode(token) : Uint8Array.from(token);
      bytes.push(some);
      length += some.length;
    }
    const all = new Uint8Array(length);
    let at = 0;
    for (const some of bytes) {
      all.set(some, at);
      at += some.length;
    }
    return decoder.decode(all);
  }

  /** The text in parts, special tokens apart from it where they are read. */
  *#parts(given: string): Generator<readonly [text: string, special?: number]> {
    const { special, normalize } = this.#encoding;
    // Every second of the pieces is a special token.
    const pieces = this.#pattern === undefined ? [given] : given.split(this.#pattern);
    for (let at = 0; at < pieces.length; at++) {
      const piece = pieces[at] as string;
      if (at % 2 === 1) yield [piece, special[piece]];
      else for (const part of parts(normalize === undefined ? piece : normalize(piece))) yield [part];
    }
  }

  #tokens(piece: string): readonly number[] {
    const known = this.#known.get(piece);
    if (known !== undefined) return known;
    const tokens = this.#merge(toPiece(piece));
    if (piece.length <= rememberedLength) {
      if (this.#known.size >= remembered) this.#known.clear();
      this.#known.set(piece, tokens);
    }
    return tokens;
  }

  /** The token of these bytes, if there is one. */
  #token({ text, starts, bytes }: Piece, from: number, to: number): number {
    if (to - from > this.#longest) return none;
    if (starts === undefined) return this.#texts.get(text.slice(from, to)) ?? none;
    const first = starts[from] as number;
    const end = starts[to] as number;
    const id =
      first < 0 || end < 0 ? this.#fragments.get(bytes.slice(from, to)) : this.#texts.get(text.slice(first, end));
    return id ?? none;
  }

  /**
   * Joins the neighbours that make the token of the lowest rank, the leftmost first, until none can be joined. Parts
   * are a list linked over the positions of their first bytes, so that a piece of any length takes n log n.
   */
  #merge(piece: Piece): number[] {
    const size = piece.bytes.length;
    const { lefts } = this.#encoding;
    const next = new Int32Array(size + 1);
    const before = new Int32Array(size + 1);
    /** Of the part that begins here and its neighbour, together. */
    const ranks = new Int32Array(size + 1).fill(none);
    const heap = new Heap(3 * size);
    const rate = (at: number): void => {
      const right = next[at] as number;
      let rank = right >= size ? none : this.#token(piece, at, next[right] as number);
      if (lefts !== undefined && rank !== none && lefts[rank] !== right - at) rank = none;
      ranks[at] = rank;
      if (rank !== none) heap.push(rank * lead + at);
    };
    for (let at = 0; at <= size; at++) {
      next[at] = at + 1;
      before[at] = at - 1;
    }
    for (let at = 0; at < size - 1; at++) rate(at);
    for (;;) {
      const least = heap.pop();
      if (least === undefined) break;
      const at = least % lead;
      // A part that has grown or gone since.
      if (ranks[at] !== Math.floor(least / lead)) continue;
      const gone = next[at] as number;
      const right = next[gone] as number;
      ranks[gone] = none;
      next[at] = right;
      before[right] = at;
      rate(at);
      if (at > 0) rate(before[at] as number);
    }
    const out: number[] = [];
    for (let at = 0; at < size; at = next[at] as number) out.push(this.#token(piece, at, next[at] as number));
    return out;
  }
}

const partLength = 1 << 16;
const wordEnd = /\p{L} /gu;

/**
 * A long text in parts, which is kinder to memory. A letter with a space after it stand in no piece together, whatever
 * the encoding, so nothing changes where a part ends between them.
 */
function* parts(text: string): Generator<string> {
  let from = 0;
  while (text.length - from > 2 * partLength) {
    wordEnd.lastIndex = from + partLength;
    const found = wordEnd.exec(text);
    if (found === null) break;
    const to = wordEnd.lastIndex - 1;
    yield text.slice(from, to);
    from = to;
  }
  yield from === 0 ? text : text.slice(from);
}
