/** What differs between model families. A model that no row names counts as one of the newest. */

export type ThinkingLevel = 'minimal' | 'low' | 'medium' | 'high';

/** How much a model thinks: a number of tokens, or one of some levels. */
export type Thinking =
  /** `off`: 0 is allowed too. */
  { by: 'budget'; least: number; most: number; off: boolean } | { by: 'level'; levels: readonly ThinkingLevel[] };

export interface Family {
  /** Absent: the model does not think, and refuses to be told to. */
  thinking?: Thinking;
  /** Takes JSON Schema as it is, for tools and answers. */
  jsonSchema: boolean;
  systemInstruction: boolean;
  /** Answers with the keys in the order of the schema. */
  keyOrder: boolean;
  /** Fetches public https addresses itself. */
  urls: boolean;
  /** Searches by `googleSearchRetrieval`. */
  oldSearch?: true;
  /**
   * The third generation: function calls have ids, the first call of a turn must carry a thought signature, results may
   * hold media, media parts have a resolution of their own, built-in tools go together with functions, and penalties
   * are refused.
   */
  third: boolean;
}

const old: Family = { jsonSchema: false, systemInstruction: true, keyOrder: false, urls: false, third: false };
const two: Family = { ...old, jsonSchema: true };
const budget = (least: number, most: number, off: boolean): Family => ({
  ...two,
  keyOrder: true,
  urls: true,
  thinking: { by: 'budget', least, most, off },
});
const level = (...levels: ThinkingLevel[]): Family => ({
  ...two,
  keyOrder: true,
  urls: true,
  third: true,
  thinking: { by: 'level', levels },
});

/**
 * The first match counts. Sources: https://ai.google.dev/gemini-api/docs/thinking,
 * https://ai.google.dev/gemini-api/docs/file-input-methods, https://ai.google.dev/gemini-api/docs/thought-signatures
 */
const rows: readonly { match: RegExp; family: Family }[] = [
  { match: /\bgemma-[1-3]/, family: { ...old, systemInstruction: false } },
  { match: /\bgemini-(?:1\.|(?:pro|pro-vision)$)/, family: { ...old, oldSearch: true } },
  { match: /\bgemini-2\.0/, family: two },
  { match: /\bgemini-2\.5-pro/, family: budget(128, 32_768, false) },
  { match: /\bgemini-2\.5-flash-lite/, family: budget(512, 24_576, true) },
  { match: /\bgemini-(?:2\.5|robotics-er-1)/, family: budget(1, 24_576, true) },
  { match: /\bgemini-3-pro/, family: level('low', 'high') },
  { match: /\bgemini-3(?:\.[0-6])?-flash/, family: level('minimal', 'low', 'medium', 'high') },
];
const newest = level('low', 'medium', 'high');

export function familyOf(model: string): Family {
  for (const { match, family } of rows) if (match.test(model)) return family;
  return newest;
}

/** The resource name of a model: `models/…`, unless another collection is named (`tunedModels/…`). */
export const resourceName = (model: string): string => (model.includes('/') ? model : `models/${model}`);
