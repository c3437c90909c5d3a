/** Annotations of a message or of a piece of one. OpenAI knows citations of pages; whatever else vendors note is set aside. */
import type { JsonObject } from '../../src/core/spec.js';
import { isObject, setAside } from './answer.js';

const offset = (value: unknown): number => (typeof value === 'number' ? value : 0);

/** A citation of a page, in OpenAI's form; some leave out its inner object. */
function citation(given: unknown): JsonObject | undefined {
  if (!isObject(given)) return undefined;
  if (isObject(given['url_citation'])) return given;
  const { type, url, title, start_index: start, end_index: end } = given;
  if (type !== 'url_citation' || typeof url !== 'string') return undefined;
  const told = typeof title === 'string' ? title : '';
  return { type, url_citation: { start_index: offset(start), end_index: offset(end), title: told, url } };
}

export function readAnnotations(owner: JsonObject): void {
  const given = owner['annotations'];
  delete owner['annotations'];
  if (!Array.isArray(given)) return;
  const pages = given.map(citation);
  const others = given.filter((each, at) => pages[at] === undefined && each !== null);
  const kept = pages.filter((page) => page !== undefined);
  if (kept.length > 0 || others.length === 0) owner['annotations'] = kept;
  if (others.length > 0) setAside(owner, 'annotations', others);
}
