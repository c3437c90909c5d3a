/** What is to be embedded, whatever form the caller gave it: a text, an image, or several parts as one. */
import { UnsupportedParamsError } from '../../src/core/errors.js';
import type { Call, JsonObject } from '../../src/core/spec.js';
import { asText, isObject, mediaUrl, parseDataUri } from '../shared/messages.js';

export interface Item {
  text?: string;
  image?: Image;
  /** The provider's own form, passed on. */
  own?: JsonObject;
}

export interface Image {
  /** As a data URL. */
  url: string;
  /** Base64. */
  data: string;
  /** `png`, `jpeg`, `gif`, `webp`. */
  format: string;
}

export function imageOf(url: string): Image | undefined {
  const uri = parseDataUri(url);
  if (uri === undefined || !uri.base64 || !uri.mime.startsWith('image/')) return undefined;
  return { url, data: uri.data, format: uri.mime.slice('image/'.length) };
}

/** For what the model cannot embed; an input is never left out, since vectors are found by their place. */
export function refuseInput(path: string, why: string, call: Call<'embeddings'>): never {
  const { llm_provider, model } = call;
  throw new UnsupportedParamsError(`${path}: ${why} (${llm_provider} ${model})`, {
    param: path,
    code: 'unsupported_parameter',
    llm_provider,
    model,
  });
}

/** The inputs of a call. Token ids are refused: no model here takes them. */
export function itemsOf(call: Call<'embeddings'>): Item[] {
  const input = call.params.input as unknown;
  const list: unknown[] = Array.isArray(input) ? input : [input];
  const path = (at: number): string => (Array.isArray(input) ? `input[${at}]` : 'input');
  return list.map((entry, at) => itemOf(entry, path(at), call));
}

function itemOf(entry: unknown, path: string, call: Call<'embeddings'>): Item {
  if (typeof entry === 'string') {
    const image = imageOf(entry);
    return image === undefined ? { text: entry } : { image };
  }
  if (!isObject(entry)) return refuseInput(path, 'token ids are not taken, texts are', call);
  if (Array.isArray(entry['content'])) {
    const item: Item = {};
    for (const part of entry['content'].filter(isObject)) {
      const { text, image } = itemOf(part, path, call);
      if (text !== undefined) item.text = item.text === undefined ? text : `${item.text}\n${text}`;
      if (image !== undefined) item.image = image;
    }
    return item;
  }
  switch (entry['type']) {
    case 'text':
      return { text: asText(entry['text']) };
    case 'image_url': {
      const image = imageOf(mediaUrl(entry, 'image_url')?.url ?? '');
      if (image !== undefined) return { image };
      return refuseInput(path, 'images are given as data URLs of base64', call);
    }
    default: {
      const { text, ...others } = entry;
      return typeof text === 'string' && Object.keys(others).length === 0 ? { text } : { own: entry };
    }
  }
}
