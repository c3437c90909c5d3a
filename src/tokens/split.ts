/**
 * How encodings cut a text into pieces. The patterns are those of the encodings' makers; `\s` is written out, for in
 * JavaScript it holds U+FEFF and not U+0085, and elsewhere it is the other way round.
 * Sources: https://github.com/openai/tiktoken/blob/main/tiktoken_ext/openai_public.py,
 * https://huggingface.co/deepseek-ai/DeepSeek-V3/blob/main/tokenizer.json
 */
import type { Split } from './bpe.js';

const space = String.raw`\p{White_Space}`;
const solid = String.raw`\P{White_Space}`;
/** Without regard to case; U+017F is another lower case of S. */
const contraction = String.raw`'(?:[sS\u017fdDmMtT]|[lL][lL]|[vV][eE]|[rR][eE])`;
const upper = String.raw`[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`;
const lower = String.raw`[\p{Ll}\p{Lm}\p{Lo}\p{M}]`;
const before = String.raw`[^\r\n\p{L}\p{N}]?`;

function matches(...alternatives: string[]): Split {
  const pattern = new RegExp(alternatives.join('|'), 'gu');
  return (text) => text.match(pattern) ?? [];
}

/** GPT-2's, and of the encodings after it up to p50k; also Claude 2's. */
export const gpt2 = matches(
  String.raw`'(?:[sdmt]|ll|ve|re)`,
  String.raw` ?\p{L}+`,
  String.raw` ?\p{N}+`,
  ` ?[^${space}\\p{L}\\p{N}]+`,
  `${space}+(?!${solid})`,
  `${space}+`,
);

export const cl100k = matches(
  contraction,
  String.raw`${before}\p{L}+`,
  String.raw`\p{N}{1,3}`,
  ` ?[^${space}\\p{L}\\p{N}]+[\\r\\n]*`,
  `${space}+$`,
  `${space}*[\\r\\n]`,
  `${space}+(?!${solid})`,
  space,
);

export const o200k = matches(
  `${before}${upper}*${lower}+(?:${contraction})?`,
  `${before}${upper}+${lower}*(?:${contraction})?`,
  String.raw`\p{N}{1,3}`,
  ` ?[^${space}\\p{L}\\p{N}]+[\\r\\n/]*`,
  `${space}*[\\r\\n]+`,
  `${space}+(?!${solid})`,
  `${space}+`,
);

/** The matches of a pattern and what stands between them. */
function isolate(text: string, pattern: RegExp): string[] {
  const out: string[] = [];
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    if (match.index > end) out.push(text.slice(end, match.index));
    out.push(match[0]);
    end = match.index + match[0].length;
  }
  if (end < text.length) out.push(text.slice(end));
  return out;
}

const deepseekSteps = [
  /\p{N}{1,3}/gu,
  /[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+/gu,
  new RegExp(
    [
      '[!"#$%&\'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+',
      String.raw`[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+`,
      String.raw` ?[\p{P}\p{S}]+[\r\n]*`,
      `${space}*[\\r\\n]+`,
      `${space}+(?!${solid})`,
      `${space}+`,
    ].join('|'),
    'gu',
  ),
];

/** DeepSeek V3's: each pattern cuts what the one before it left. */
export const deepseek: Split = (text) => {
  let pieces = [text];
  for (const pattern of deepseekSteps) pieces = pieces.flatMap((piece) => isolate(piece, pattern));
  return pieces;
};
