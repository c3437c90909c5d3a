/** Reading OpenAI-shaped messages: pieces that every protocol needs. Nothing here changes what it is given. */
import type { JsonObject } from '../../src/core/spec.js';

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The string that a field should hold; an empty one stands for anything else. */
export const asText = (value: unknown): string => (typeof value === 'string' ? value : '');

/** The parts of a message's content; a string is one text part. */
export function contentParts(content: unknown): JsonObject[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  if (!Array.isArray(content)) return [];
  const parts: JsonObject[] = [];
  for (const part of content as unknown[]) {
    if (typeof part === 'string') parts.push({ type: 'text', text: part });
    else if (isObject(part)) parts.push(part);
  }
  return parts;
}

/** The text of a message's content, its text and refusal parts joined. */
export function contentText(content: unknown): string {
  if (typeof content === 'string') return content;
  let text = '';
  for (const part of contentParts(content)) {
    const piece = part['type'] === 'refusal' ? part['refusal'] : part['type'] === 'text' ? part['text'] : undefined;
    if (typeof piece === 'string') text += piece;
  }
  return text;
}

/** Nothing but white space. */
export const isBlank = (text: string): boolean => !/\S/.test(text);

/** The address of an `image_url` or `video_url` part, with the MIME type that stands beside it. */
export function mediaUrl(
  part: JsonObject,
  field: 'image_url' | 'video_url',
): { url: string; mime?: string } | undefined {
  const media = part[field];
  if (typeof media === 'string') return { url: media };
  if (!isObject(media) || typeof media['url'] !== 'string') return undefined;
  const { url, format } = media;
  return typeof format === 'string' && format !== '' ? { url, mime: format } : { url };
}

export interface DataUri {
  /** Lower case, without parameters; `text/plain` when the URI names none. */
  mime: string;
  base64: boolean;
  /** Base64 or percent-encoded text, as it stands in the URI. */
  data: string;
}

/** Takes a `data:` URI apart (RFC 2397); undefined for any other address. */
export function parseDataUri(uri: string): DataUri | undefined {
  if (uri.slice(0, 5).toLowerCase() !== 'data:') return undefined;
  const comma = uri.indexOf(',');
  if (comma < 0) return undefined;
  const head = uri.slice(5, comma).split(';');
  const base64 = head.length > 1 && head.at(-1)?.trim().toLowerCase() === 'base64';
  return { mime: head[0]?.trim().toLowerCase() || 'text/plain', base64, data: uri.slice(comma + 1) };
}

/** The text that a `data:` URI holds, read as UTF-8; undefined when it is broken. */
export function dataUriText({ base64, data }: DataUri): string | undefined {
  try {
    if (!base64) return decodeURIComponent(data);
    return new TextDecoder().decode(Uint8Array.from(atob(data), (byte) => byte.charCodeAt(0)));
  } catch {
    return undefined;
  }
}

const mimeByExtension: Readonly<Record<string, string>> = {
  pdf: 'application/pdf',
  txt: 'text/plain',
  md: 'text/markdown',
  csv: 'text/csv',
  html: 'text/html',
  json: 'application/json',
  xml: 'application/xml',
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
};

/** The MIME type that a file name or the path of a URL ends in, as far as it is one that models read. */
export function mimeOfName(name: string): string | undefined {
  const path = name.split(/[?#]/, 1)[0] ?? '';
  return mimeByExtension[path.slice(path.lastIndexOf('.') + 1).toLowerCase()];
}

/** Text, or data formats that are text. */
export const isTextMime = (mime: string): boolean =>
  mime.startsWith('text/') || /^application\/(?:[\w.-]+\+)?(?:json|xml|yaml|x-yaml|javascript)$/.test(mime);
