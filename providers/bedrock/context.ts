import type { Call } from '../../src/core/spec.js';
import { DocumentNames } from './media.js';
import { baseName, converseModel, isClaude, type ConverseModel } from './models.js';

/** What the parts of one request share. */
export interface Context {
  readonly call: Call<'chat'>;
  readonly model: ConverseModel;
  /** The model's id, or what the caller calls its base. */
  readonly name: string;
  readonly claude: boolean;
  readonly documents: DocumentNames;
}

export function contextOf(call: Call<'chat'>): Context {
  const name = baseName(call.model, call.options);
  return { call, model: converseModel(name), name, claude: isClaude(name), documents: new DocumentNames() };
}
