import { stopWords } from './words.js';

/** What a message offers to fill the fields of a schema with. */
export interface Hints {
  /** The message itself, to see which value of an enum it names. */
  text: string;
  /** Quoted passages, then names (runs of capitalised words), else the last word that means something. Never empty. */
  strings: readonly string[];
  /** Numbers in order of appearance. */
  numbers: readonly number[];
}

export function findHints(text: string): Hints {
  const quoted = [...text.matchAll(/["“«]([^"”»]+)["”»]/gu)].map((match) => match[1] ?? '');
  const found = [...quoted, ...names(text.replace(/["“«][^"”»]+["”»]/gu, ' . '))];
  return {
    text,
    strings: found.length > 0 ? [...new Set(found)] : [lastWord(text) ?? 'example'],
    numbers: (text.match(/(?<![\p{L}\p{N}])-?\d+(?:\.\d+)?/gu) ?? []).map(Number),
  };
}

const WORD = /[\p{L}\p{N}]+(?:['’.-][\p{L}\p{N}]+)*/gu;

/** Runs of capitalised words; punctuation, a lower-case word or a stop word ends a run. */
function names(text: string): string[] {
  const runs: string[][] = [];
  let run: string[] = [];
  let end = 0;
  const close = (): void => {
    if (run.length > 0) runs.push(run);
    run = [];
  };
  for (const match of text.matchAll(WORD)) {
    const word = match[0];
    if (/\S/u.test(text.slice(end, match.index))) close();
    end = match.index + word.length;
    if (/^\p{Lu}/u.test(word) && !isStop(word)) run.push(word);
    else close();
  }
  close();
  return runs.map((parts) => parts.join(' '));
}

const isStop = (word: string): boolean => stopWords.has(word.toLowerCase().replace(/['’].*$/u, ''));

/** The last word that is no stop word, else the last word at all. */
function lastWord(text: string): string | undefined {
  const all = text.match(WORD) ?? [];
  return all.findLast((word) => !isStop(word)) ?? all.at(-1);
}
