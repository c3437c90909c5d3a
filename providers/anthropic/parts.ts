/**
 * Content parts as Anthropic's content blocks: text, images, documents. Blocks of Anthropic's own (search results,
 * container uploads …) are passed on. Sources: https://platform.claude.com/docs/en/api/messages,
 * …/docs/en/build-with-claude/{vision,pdf-support,citations,files}
 */
import type { Call, JsonObject } from '../../src/core/spec.js';
import {
  asText,
  contentParts,
  dataUriText,
  isBlank,
  isObject,
  isTextMime,
  mediaUrl,
  mimeOfName,
  parseDataUri,
} from '../shared/messages.js';

export type Block = JsonObject;

const mark = { type: 'ephemeral' } as const;

/** A cache mark, Anthropic's or OpenAI's explicit one. */
export function cacheMark(owner: JsonObject): JsonObject | undefined {
  if (isObject(owner['cache_control'])) return { cache_control: owner['cache_control'] };
  return isObject(owner['prompt_cache_breakpoint']) ? { cache_control: mark } : undefined;
}

/** Puts a message's cache mark on its last block; thinking takes none. */
export function markLast(blocks: Block[], message: JsonObject): Block[] {
  const cache = cacheMark(message);
  const last = blocks.findLastIndex(({ type }) => type !== 'thinking' && type !== 'redacted_thinking');
  return cache === undefined || last < 0 ? blocks : blocks.with(last, { ...cache, ...blocks[last] });
}

/** Content as blocks; blank text, which the API refuses, is left out. `path` leads to the content. */
export function readContent(content: unknown, path: string, call: Call<'chat'>): Block[] {
  const blocks: Block[] = [];
  const parts = contentParts(content);
  parts.forEach((part, at) => {
    const place = Array.isArray(content) ? `${path}[${at}]` : path;
    const block = readPart(part, place, call);
    if (block !== undefined) blocks.push(block);
    else if (part['type'] === 'text' && parts.length > 1)
      call.warn({ type: 'repair', param: place, message: 'a text part without text was left out' });
  });
  return blocks;
}

function readPart(part: JsonObject, path: string, call: Call<'chat'>): Block | undefined {
  switch (part['type']) {
    // Bedrock's guardrails know the last kind; all others take it for a text.
    case 'text':
    case 'refusal':
    case 'guarded_text': {
      const text = asText(part['type'] === 'refusal' ? part['refusal'] : part['text']);
      if (isBlank(text)) return undefined;
      return {
        type: 'text',
        text,
        ...(Array.isArray(part['citations']) && { citations: part['citations'] }),
        ...cacheMark(part),
      };
    }
    case 'image_url':
      return image(part, path, call);
    case 'file':
      return file(part, path, call);
    case 'input_audio':
    case 'audio':
    case 'audio_url':
    case 'video':
    case 'video_url':
      call.unsupported(path, `${part['type']} parts: the model takes text, images and documents`);
      return undefined;
    default:
      return { ...part };
  }
}

function image(part: JsonObject, path: string, call: Call<'chat'>): Block | undefined {
  const media = mediaUrl(part, 'image_url');
  // LiteLLM's callers give PDFs so, too.
  const mime = media && (media.mime ?? parseDataUri(media.url)?.mime ?? mimeOfName(media.url));
  if (media !== undefined && mime !== undefined && !mime.startsWith('image/'))
    return file({ ...part, type: 'file', file: { file_id: media.url, format: mime } }, path, call);
  const source = media && imageSource(media.url, media.mime);
  if (source === undefined) {
    call.unsupported(`${path}.image_url`, 'images are given by https or data URL');
    return undefined;
  }
  const given = part['image_url'];
  if (isObject(given) && given['detail'] !== undefined && given['detail'] !== 'auto')
    call.warn({
      type: 'drop',
      param: `${path}.image_url.detail`,
      message: 'Anthropic has no image detail; it is not sent',
    });
  return { type: 'image', source, ...cacheMark(part) };
}

function imageSource(url: string, mime: string | undefined): JsonObject | undefined {
  const data = parseDataUri(url);
  if (data !== undefined)
    return data.base64 ? { type: 'base64', media_type: mime ?? data.mime, data: data.data } : undefined;
  return /^https?:/i.test(url) ? { type: 'url', url } : undefined;
}

/** Options of a document block that a file part may carry, beside the file or within it. */
const documentOptions = ['citations', 'context', 'title'] as const;

function file(part: JsonObject, path: string, call: Call<'chat'>): Block | undefined {
  const given = isObject(part['file']) ? part['file'] : {};
  const name = typeof given['filename'] === 'string' && given['filename'] !== '' ? given['filename'] : undefined;
  const mime =
    typeof given['format'] === 'string' && given['format'] !== '' ? given['format'] : name && mimeOfName(name);
  const source = fileSource(given, mime);
  if (source === undefined) {
    call.unsupported(
      `${path}.file`,
      'files are PDFs, texts or images, given as file_data (data URL) or file_id (id or https URL)',
    );
    return undefined;
  }
  if (source.kind === 'image') return { type: 'image', source: source.source, ...cacheMark(part) };
  const block: Block = { type: 'document', source: source.source };
  if (name !== undefined) block['title'] = name;
  for (const option of documentOptions) {
    const value = part[option] ?? given[option];
    if (value !== undefined && value !== null) block[option] = value;
  }
  return { ...block, ...cacheMark(part) };
}

type FileSource = { kind: 'image' | 'document'; source: JsonObject };

function fileSource(given: JsonObject, mime: string | undefined): FileSource | undefined {
  const { file_data: held, file_id: id } = given;
  if (typeof held === 'string' && held !== '') return dataSource(held, mime);
  if (typeof id !== 'string' || id === '') return undefined;
  const data = parseDataUri(id);
  if (data !== undefined) return dataSource(id, mime);
  const url = /^https?:/i.test(id);
  if (!url && id.includes('://')) return undefined;
  const kind = (mime ?? (url ? mimeOfName(id) : undefined))?.startsWith('image/') ? 'image' : 'document';
  return { kind, source: url ? { type: 'url', url: id } : { type: 'file', file_id: id } };
}

/** `file_data` is a data URL; bare base64 is taken too when its type is known. */
function dataSource(held: string, told: string | undefined): FileSource | undefined {
  const data = parseDataUri(held) ?? (told === undefined ? undefined : { mime: told, base64: true, data: held });
  if (data === undefined) return undefined;
  const mime = told ?? data.mime;
  if (isTextMime(mime)) {
    const text = dataUriText(data);
    return text === undefined
      ? undefined
      : { kind: 'document', source: { type: 'text', media_type: 'text/plain', data: text } };
  }
  if (!data.base64) return undefined;
  const source = { type: 'base64', media_type: mime, data: data.data };
  if (mime === 'application/pdf') return { kind: 'document', source };
  return mime.startsWith('image/') ? { kind: 'image', source } : undefined;
}
