/**
 * Content parts of OpenAI's form as parts of Gemini's: text, inline data, files by address.
 * Sources: https://ai.google.dev/gemini-api/docs/file-input-methods, https://ai.google.dev/gemini-api/docs/media-resolution,
 * https://ai.google.dev/gemini-api/docs/video-understanding
 */
import { BadRequestError } from '../../src/core/errors.js';
import type { JsonObject, MediaPart } from '../../src/core/spec.js';
import { isObject, parseDataUri } from '../shared/messages.js';
import { camelCased } from './casing.js';
import type { Family } from './models.js';
import type { Part } from './wire.js';

const files = 'https://generativelanguage.googleapis.com/v1beta/';

export function refuse(param: string, why: string): never {
  throw new BadRequestError(`${param}: ${why}`, { param, code: 'invalid_input' });
}

const mimes: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  gif: 'image/gif',
  bmp: 'image/bmp',
  heic: 'image/heic',
  heif: 'image/heif',
  mp4: 'video/mp4',
  mpeg: 'video/mpeg',
  mpg: 'video/mpg',
  mov: 'video/mov',
  avi: 'video/avi',
  flv: 'video/x-flv',
  webm: 'video/webm',
  wmv: 'video/wmv',
  '3gp': 'video/3gpp',
  wav: 'audio/wav',
  mp3: 'audio/mp3',
  aiff: 'audio/aiff',
  aac: 'audio/aac',
  ogg: 'audio/ogg',
  flac: 'audio/flac',
  m4a: 'audio/m4a',
  pdf: 'application/pdf',
  txt: 'text/plain',
  md: 'text/md',
  html: 'text/html',
  css: 'text/css',
  csv: 'text/csv',
  xml: 'text/xml',
  rtf: 'text/rtf',
  js: 'text/javascript',
  json: 'application/json',
};

/** The MIME type that a name or a URL's path ends in. */
export function mimeOf(name: string): string | undefined {
  const path = name.split(/[?#]/, 1)[0] as string;
  const extension = /\.([a-z\d]+)$/i.exec(path)?.[1]?.toLowerCase();
  return extension === undefined ? undefined : mimes[extension];
}

const youtube = /^https?:\/\/(?:(?:www\.|m\.)?youtube\.com\/(?:watch|shorts|live|embed)|youtu\.be\/)/i;
const uploaded = /^https:\/\/generativelanguage\.googleapis\.com\/(?:[^/]+\/)?files\//i;
/** What Google fetches by public address. */
const fetched =
  /^(?:text\/(?:html|css|plain|xml|csv|rtf|javascript)|application\/(?:json|pdf)|image\/(?:bmp|jpe?g|png|webp))$/;

/** Whether media must be downloaded and sent inline, because neither Google's stores nor its fetcher have it. */
export function mustInline(part: MediaPart, family: Family): boolean {
  const { href, protocol, pathname } = part.url;
  if (protocol === 'gs:' || youtube.test(href) || uploaded.test(href)) return false;
  if (protocol !== 'https:' || !family.urls) return true;
  return !fetched.test(part.mime ?? mimeOf(pathname) ?? '');
}

function inline(uri: string, format: string | undefined, path: string): Part {
  const parsed = parseDataUri(uri);
  if (parsed === undefined) refuse(path, 'the data URI is broken');
  const mimeType = (format ?? parsed.mime).replace(/^image\/jpg$/, 'image/jpeg');
  return { inlineData: { mimeType, data: parsed.base64 ? parsed.data : encoded(parsed.data, path) } };
}

/** Percent-encoded text as base64. */
function encoded(data: string, path: string): string {
  let binary = '';
  try {
    for (const byte of new TextEncoder().encode(decodeURIComponent(data))) binary += String.fromCharCode(byte);
  } catch {
    refuse(path, 'the data URI is broken');
  }
  return btoa(binary);
}

/** A file by data URI, address, or the name that the Files API gave it (`files/…`). */
function located(address: string, format: string | undefined, path: string): Part | undefined {
  if (/^data:/i.test(address)) return inline(address, format, path);
  const named = /^files\/[\w-]+$/.test(address);
  if (!named && !/^(?:https?|gs):\/\//i.test(address)) return undefined;
  const fileUri = named ? files + address : address;
  const mimeType = format ?? (youtube.test(fileUri) ? undefined : mimeOf(fileUri));
  return { fileData: { ...(mimeType !== undefined && { mimeType }), fileUri } };
}

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

function mediaPart(address: unknown, holder: JsonObject, path: string): Part {
  const format = text(holder['format']) ?? text(holder['mime_type']);
  const part = typeof address === 'string' ? located(address, format, path) : undefined;
  return part ?? refuse(path, 'must be an https, gs or data URI');
}

function filePart(file: JsonObject, path: string): Part {
  const format = text(file['format']) ?? text(file['mime_type']);
  const id = text(file['file_id']);
  const data = text(file['file_data']);
  if (data !== undefined) {
    const mimeType = format ?? mimeOf(text(file['filename']) ?? '');
    const part = located(data, format, `${path}.file_data`);
    if (part !== undefined) return part;
    if (mimeType === undefined) refuse(`${path}.format`, 'must name the MIME type of bare base64 data');
    return { inlineData: { mimeType, data } };
  }
  const part = id === undefined ? undefined : located(id, format, `${path}.file_id`);
  return part ?? refuse(`${path}.file_id`, "must be a name of Gemini's Files API (files/…), or an https or gs address");
}

function audioPart(audio: JsonObject, path: string): Part {
  const { data, format } = audio;
  if (typeof data !== 'string') refuse(`${path}.data`, 'must be base64 text');
  const name = text(format) ?? 'wav';
  const mimeType = name.includes('/') ? name : `audio/${name}`;
  return located(data, mimeType, path) ?? { inlineData: { mimeType, data } };
}

/** Resolutions in rising order. */
const resolutions = ['low', 'medium', 'high', 'ultra_high'];

/** Gathers what parts ask for and only the whole request can say. */
export class Resolution {
  #highest = -1;

  /** Puts the wanted detail on the part, where parts may have one. */
  apply(part: Part, detail: unknown, family: Family): void {
    const at = resolutions.indexOf(String(detail));
    if (at < 0) return;
    if (family.third) part.mediaResolution = { level: levelOf(at) };
    else if (family.jsonSchema) this.#highest = Math.max(this.#highest, Math.min(at, 2));
  }

  /** The resolution for all parts; undefined when none is asked for. */
  get level(): string | undefined {
    return this.#highest < 0 ? undefined : levelOf(this.#highest);
  }
}

const levelOf = (at: number): string => `MEDIA_RESOLUTION_${(resolutions[at] as string).toUpperCase()}`;

/** One content part; undefined for an empty text, null for a part that Gemini has no like of. */
export function toPart(
  given: JsonObject,
  path: string,
  family: Family,
  resolution: Resolution,
): Part | undefined | null {
  const type = String(given['type']);
  if (type === 'text') return text(given['text']) === undefined ? undefined : { text: given['text'] as string };
  if (type === 'refusal')
    return text(given['refusal']) === undefined ? undefined : { text: given['refusal'] as string };
  const inner = given[type];
  const holder = isObject(inner) ? inner : {};
  const at = `${path}.${type}`;
  let part: Part;
  if (type === 'image_url' || type === 'video_url')
    part = mediaPart(isObject(inner) ? inner['url'] : inner, holder, isObject(inner) ? `${at}.url` : at);
  else if (type === 'file' && isObject(inner)) part = filePart(inner, at);
  else if (type === 'input_audio' && isObject(inner)) part = audioPart(inner, at);
  else return null;
  resolution.apply(part, holder['detail'], family);
  const video = holder['video_metadata'] ?? given['video_metadata'];
  if (isObject(video)) part.videoMetadata = camelCased(video) as JsonObject;
  return part;
}
