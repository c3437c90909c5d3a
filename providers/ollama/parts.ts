/** A message's content as Ollama has it: one text, and images beside it. Source: https://docs.ollama.com/capabilities/vision */
import type { Call, JsonObject, MediaPart } from '../../src/core/spec.js';
import {
  asText,
  contentParts,
  dataUriText,
  isObject,
  isTextMime,
  mediaUrl,
  mimeOfName,
  parseDataUri,
} from '../shared/messages.js';

export interface Content {
  content: string;
  /** Base64. */
  images?: string[];
}

const isReadable = (mime: string): boolean => mime.startsWith('image/') || isTextMime(mime);

/** Ollama fetches nothing: images at an address, and files of a kind it can be given, are downloaded first. */
export function mustInline({ kind, url, mime }: MediaPart): boolean {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return false;
  if (kind !== 'file') return kind === 'image';
  const type = mime ?? mimeOfName(url.pathname);
  return type !== undefined && isReadable(type);
}

/** Texts are joined by line breaks. `path` leads to the content. */
export function readContent(content: unknown, path: string, call: Call<'chat'>): Content {
  if (typeof content === 'string') return { content };
  const texts: string[] = [];
  const images: string[] = [];
  contentParts(content).forEach((part, at) => readPart(part, `${path}[${at}]`, texts, images, call));
  return { content: texts.join('\n'), ...(images.length > 0 && { images }) };
}

function readPart(part: JsonObject, path: string, texts: string[], images: string[], call: Call<'chat'>): void {
  noMark(part, path, call);
  switch (part['type']) {
    case 'text':
    case 'refusal':
      texts.push(asText(part[part['type']]));
      return;
    case 'image_url': {
      const image = imageOf(mediaUrl(part, 'image_url')?.url);
      if (image === undefined) return call.unsupported(`${path}.image_url`, 'images are given by http or data URL');
      images.push(image);
      const given = part['image_url'];
      if (isObject(given) && given['detail'] !== undefined && given['detail'] !== 'auto')
        call.warn({ type: 'drop', param: `${path}.image_url.detail`, message: 'Ollama has no image detail' });
      return;
    }
    case 'file':
      return readFile(part, path, texts, images, call);
    default:
      call.unsupported(path, `${String(part['type'])} parts: messages hold texts and images`);
  }
}

/** The base64 of an image; an address stays one only where nothing is downloaded (`media: 'pass'`, dry runs). */
function imageOf(url: string | undefined): string | undefined {
  if (url === undefined) return undefined;
  const data = parseDataUri(url);
  if (data !== undefined) return data.base64 ? data.data : undefined;
  return /^https?:/i.test(url) ? url : undefined;
}

function readFile(part: JsonObject, path: string, texts: string[], images: string[], call: Call<'chat'>): void {
  const { filename, file_data: held, format } = isObject(part['file']) ? part['file'] : {};
  const data = parseDataUri(asText(held));
  const mime = asText(format) || mimeOfName(asText(filename)) || data?.mime;
  const text = data !== undefined && mime !== undefined && isTextMime(mime) ? dataUriText(data) : undefined;
  if (text !== undefined) {
    texts.push(text);
    call.warn({ type: 'rewrite', param: `${path}.file`, message: 'the file is sent as text of the message' });
  } else if (data?.base64 && mime?.startsWith('image/')) images.push(data.data);
  else call.unsupported(`${path}.file`, 'files are texts or images, given as file_data (a data URL) or by address');
}

/** Notes a cache mark, which Ollama does not have: it keeps the last prompt by itself. */
export function noMark(owner: JsonObject, path: string, call: Call<'chat'>): void {
  if (owner['cache_control'] === undefined || owner['cache_control'] === null) return;
  call.warn({
    type: 'drop',
    param: `${path}.cache_control`,
    message: 'Ollama has no cache marks; it caches by itself',
  });
}
