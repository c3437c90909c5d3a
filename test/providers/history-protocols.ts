/** The protocols of the history matrix. One joins by an entry here, or in one of the tables. */
import { awsShaped } from './history-aws.js';
import type { Protocol } from './history-facts.js';
import { openaiShaped } from './history-openai-shaped.js';
import { ownShaped } from './history-own-shaped.js';

export const protocols: Readonly<Record<string, Protocol>> = { ...openaiShaped, ...ownShaped, ...awsShaped };
