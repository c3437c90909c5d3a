import type { JsonObject } from '../../src/core/spec.js';
import { isObject } from './answer.js';
import type { EmbeddingQuirks, EmbeddingRule } from './quirks.js';

/** The input as the vendor wants it: as given, unless its quirks or the model's rule ask for another form. */
export function writeInput(input: unknown, quirks: EmbeddingQuirks, rule: EmbeddingRule | undefined): unknown {
  if (rule?.input_as === undefined && quirks.images === undefined) return input;
  if (rule?.input_as) {
    const items: unknown[] = Array.isArray(input) ? input : [input];
    return items.map((item) => (rule.input_as === 'lists' ? (Array.isArray(item) ? item : [item]) : contents(item)));
  }
  return Array.isArray(input) ? input.map(asImage) : asImage(input);
}

/** Where an image is told: in a content part, or as a data URL. */
function imageOf(item: unknown): string | undefined {
  if (typeof item === 'string') return item.startsWith('data:image/') ? item : undefined;
  if (!isObject(item) || item['type'] !== 'image_url') return undefined;
  const image = isObject(item['image_url']) ? item['image_url']['url'] : item['image_url'];
  return typeof image === 'string' ? image : undefined;
}

/** `{ image }` holds a URL, or base64 without the head of a data URL. */
function asImage(item: unknown): unknown {
  const image = imageOf(item);
  if (image !== undefined) return { image: image.startsWith('data:') ? image.slice(image.indexOf(',') + 1) : image };
  return isObject(item) && item['type'] === 'text' ? { text: item['text'] } : item;
}

function contents(item: unknown): JsonObject {
  const parts: unknown[] = isObject(item) && Array.isArray(item['content']) ? item['content'] : [item];
  return { content: parts.map(contentPart) };
}

function contentPart(part: unknown): unknown {
  const image = imageOf(part);
  if (image?.startsWith('data:')) return { type: 'image_base64', image_base64: image };
  if (image !== undefined) return { type: 'image_url', image_url: image };
  return typeof part === 'string' ? { type: 'text', text: part } : part;
}
