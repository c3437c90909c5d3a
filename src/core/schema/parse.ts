/** From the text that a model wrote in answer to a compiled schema to the value asked for. */
import type { CompiledSchema } from './dialects.js';
import type { SchemaSource, Validated } from './source.js';

/** The text must be JSON and nothing else, white space around it apart. `path` of an issue refers to the inverted value. */
export async function parseAnswer(content: string, compiled: CompiledSchema, source: SchemaSource): Promise<Validated> {
  if (content.trim() === '') return { issues: [{ path: '', message: 'the answer is empty' }] };
  let answer: unknown;
  try {
    answer = JSON.parse(content);
  } catch {
    return { issues: [{ path: '', message: 'the answer is not JSON' }] };
  }
  return source.validate(compiled.invert(answer));
}

/** The text with the schema's changes undone; as it is when there are none, or when it is not JSON. */
export function invertText(content: string, compiled: CompiledSchema): string {
  if (!compiled.inverts) return content;
  try {
    return JSON.stringify(compiled.invert(JSON.parse(content))) ?? content;
  } catch {
    return content;
  }
}
