/** The files of src/prices/data: one for each provider, a row a line. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export type Row = Record<string, unknown> & { litellm_provider: string };
export type Rows = Record<string, Row>;

/** The rows of each file, by the file's name without `.json`. */
export function readData(root: string): Map<string, Rows> {
  const folder = join(root, 'src/prices/data');
  const files = readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .sort();
  return new Map(
    files.map((file) => [file.slice(0, -'.json'.length), JSON.parse(readFileSync(join(folder, file), 'utf8')) as Rows]),
  );
}

/** The text of a data file. */
export function formatRows(rows: Readonly<Record<string, object | null>>): string {
  const lines = Object.keys(rows)
    .sort()
    .map((key) => `  ${JSON.stringify(key)}: ${JSON.stringify(rows[key])}`);
  return `{\n${lines.join(',\n')}\n}\n`;
}

/** LiteLLM's groups of a provider's models that callm reaches under one id. */
const groups: Readonly<Record<string, string>> = {
  bedrock_converse: 'bedrock',
  cohere_chat: 'cohere',
  azure_text: 'azure',
  'fireworks_ai-embedding-models': 'fireworks_ai',
  'text-completion-codestral': 'codestral',
  'text-completion-inception': 'inception',
  'text-completion-openai': 'openai',
};

/** The file in which rows of a `litellm_provider` stand. */
export const fileOf = (provider: string): string =>
  groups[provider] ?? (provider.startsWith('vertex_ai-') ? 'vertex_ai' : provider);

/** A model's name at its provider: the key without the provider's prefix. */
export function nameAt(file: string, key: string, row: Row): string {
  const prefix = [`${file}/`, `${row.litellm_provider}/`].find((each) => key.startsWith(each));
  return prefix === undefined ? key : key.slice(prefix.length);
}
