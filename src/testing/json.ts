/** A JSON object whose fields are not yet known. */
export type Json = Record<string, unknown>;

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The objects of an array; empty for anything else. */
export const objects = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isObject) : []);

/** The strings of an array; empty for anything else. */
export const strings = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];

export const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** The object that JSON text stands for, or undefined when it is no JSON or no object. */
export function parseObject(source: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(source);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** How an API names a value's type in an error message. */
export function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  const names: Record<string, string> = { string: 'a string', number: 'a number', boolean: 'a boolean' };
  return names[typeof value] ?? 'an object';
}
