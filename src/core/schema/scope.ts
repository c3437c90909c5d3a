/** What the parts of the compiler share. */
import type { JsonSchema, Rules } from './dialects.js';
import type { Inverse } from './invert.js';

export type TypeName = 'object' | 'array' | 'string' | 'number' | 'integer' | 'boolean';

/** A compiled schema with the inverse of its values; none when they stay as they are. */
export interface Compiled {
  schema: JsonSchema;
  invert?: Inverse | undefined;
}

/** `weaker`: values may pass that the schema given refuses. `undone`: the inverse has something to undo. */
export interface Effect {
  weaker?: boolean;
  undone?: boolean;
}

/** The compiler, as its parts see it. */
export interface Scope {
  readonly rules: Rules;
  /** The document that references are looked up in. */
  readonly root: JsonSchema;
  compile(schema: unknown, path: string): Compiled;
  /** Compiles what an optional property could guard; `endless` if it refers back to a schema that contains it. */
  guarded(schema: unknown, path: string): { compiled: Compiled; endless: boolean };
  union(schema: JsonSchema, keyword: 'anyOf' | 'oneOf', parts: readonly unknown[], path: string): Compiled;
  report(path: string, what: string, effect?: Effect): void;
}
