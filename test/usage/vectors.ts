/** The vectors' answers, for tests of what is in them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Endpoint } from '../../src/core/spec.js';
import type { Written } from './replay.js';

export interface Vector extends Written {
  name: string;
  provider: string;
  endpoint: Endpoint;
  input: Record<string, unknown>;
  env?: Record<string, string>;
  output?: { usage?: object };
  error?: unknown;
}

const root = fileURLToPath(new URL('../vectors', import.meta.url));

/** Vectors of answers that tell usage. */
export const vectors: readonly (Vector & { path: string })[] = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.json'))
  .map((file) => ({ ...(JSON.parse(readFileSync(join(root, file), 'utf8')) as Vector), path: file }))
  .filter(({ output, error, endpoint }) => error === undefined && output?.usage !== undefined && endpoint !== 'rerank');

export const isStream = ({ events, lines, eventstream }: Written): boolean =>
  (events ?? lines ?? eventstream) !== undefined;
