/**
 * Content as Cohere's blocks: texts, images, documents.
 * Sources: https://docs.cohere.com/reference/chat, …/docs/image-inputs, …/docs/retrieval-augmented-generation-rag
 */
import type { Call, JsonObject } from '../../src/core/spec.js';
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

export type Block = JsonObject;

/** Whose content it is decides what it may hold. */
export type Place = 'user' | 'tool' | 'system';

/** A document of a request: `data`, and an id by which citations name it. */
export interface Document {
  id?: string;
  data: JsonObject;
}

/** Content as text or blocks. Files of text become documents, which in a user's message go to `documents`. */
export function readContent(
  content: unknown,
  path: string,
  place: Place,
  call: Call<'chat'>,
  documents: Document[],
): string | Block[] {
  if (typeof content === 'string') return content;
  const blocks: Block[] = [];
  contentParts(content).forEach((part, at) => {
    const where = `${path}[${at}]`;
    noMark(part, where, call);
    const block = readPart(part, where, place, call, documents);
    if (block !== undefined) blocks.push(block);
  });
  return blocks;
}

function readPart(
  part: JsonObject,
  path: string,
  place: Place,
  call: Call<'chat'>,
  documents: Document[],
): Block | undefined {
  switch (part['type']) {
    case 'text':
    case 'refusal':
      return { type: 'text', text: asText(part[part['type']]) };
    case 'image_url':
      return place === 'user' ? image(part, path, call) : refuse(path, 'images stand in messages of the user', call);
    case 'file':
      return place === 'system' ? refuse(path, 'it is text', call) : file(part, path, place, call, documents);
    case 'input_audio':
    case 'audio':
    case 'audio_url':
    case 'video':
    case 'video_url':
      return refuse(path, `${part['type']} parts: the model takes texts, images and documents`, call);
    default:
      return { ...part };
  }
}

function refuse(path: string, why: string, call: Call<'chat'>): undefined {
  call.unsupported(path, why);
  return undefined;
}

function image(part: JsonObject, path: string, call: Call<'chat'>): Block | undefined {
  const url = mediaUrl(part, 'image_url')?.url;
  if (url === undefined || !/^(?:https?:|data:)/i.test(url))
    return refuse(`${path}.image_url`, 'images are given by https or data URL', call);
  const given = part['image_url'];
  const detail = isObject(given) && typeof given['detail'] === 'string' ? { detail: given['detail'] } : {};
  return { type: 'image_url', image_url: { url, ...detail } };
}

function file(
  part: JsonObject,
  path: string,
  place: Place,
  call: Call<'chat'>,
  documents: Document[],
): Block | undefined {
  const given = isObject(part['file']) ? part['file'] : {};
  const { filename: name, file_data: held, format } = given;
  const data = typeof held === 'string' ? parseDataUri(held) : undefined;
  const mime = asText(format) || mimeOfName(asText(name)) || data?.mime;
  if (data?.base64 && mime?.startsWith('image/') && place === 'user')
    return { type: 'image_url', image_url: { url: `data:${mime};base64,${data.data}` } };
  const text = data !== undefined && mime !== undefined && isTextMime(mime) ? dataUriText(data) : undefined;
  if (text === undefined)
    return refuse(`${path}.file`, 'files are texts or images, given as file_data (a data URL)', call);
  const document: Document = { data: { ...(asText(name) !== '' && { title: name }), text } };
  if (place === 'tool') return { type: 'document', document };
  documents.push(document);
  call.warn({ type: 'rewrite', param: `${path}.file`, message: 'the file is sent as a document that may be cited' });
  return undefined;
}

/** Notes a cache mark, which Cohere does not have: it caches by itself. */
export function noMark(owner: JsonObject, path: string, call: Call<'chat'>): void {
  if (owner['cache_control'] === undefined || owner['cache_control'] === null) return;
  call.warn({
    type: 'drop',
    param: `${path}.cache_control`,
    message: 'Cohere has no cache marks; it caches by itself',
  });
}
