/**
 * Images, documents, video and audio as content blocks.
 * Sources: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_{ImageBlock,DocumentBlock,VideoBlock,AudioBlock}.html
 */
import type { Call, JsonObject } from '../../src/core/spec.js';
import { asText, dataUriText, isObject, mediaUrl, mimeOfName, parseDataUri } from '../shared/messages.js';
import type { Block } from './blocks.js';

type Kind = 'image' | 'document' | 'video' | 'audio';

/** Formats by the end of a MIME type or a file name, where they are not named alike. */
const formats: Readonly<Record<Kind, Readonly<Record<string, string>>>> = {
  image: { png: 'png', jpeg: 'jpeg', jpg: 'jpeg', gif: 'gif', webp: 'webp' },
  document: {
    pdf: 'pdf',
    csv: 'csv',
    doc: 'doc',
    msword: 'doc',
    docx: 'docx',
    'vnd.openxmlformats-officedocument.wordprocessingml.document': 'docx',
    xls: 'xls',
    'vnd.ms-excel': 'xls',
    xlsx: 'xlsx',
    'vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'xlsx',
    html: 'html',
    txt: 'txt',
    plain: 'txt',
    md: 'md',
    markdown: 'md',
  },
  video: {
    mp4: 'mp4',
    mov: 'mov',
    quicktime: 'mov',
    mkv: 'mkv',
    'x-matroska': 'mkv',
    webm: 'webm',
    flv: 'flv',
    'x-flv': 'flv',
    mpeg: 'mpeg',
    mpg: 'mpg',
    wmv: 'wmv',
    'x-ms-wmv': 'wmv',
    '3gp': 'three_gp',
    '3gpp': 'three_gp',
  },
  audio: {
    mp3: 'mp3',
    mpeg: 'mp3',
    mp4: 'mp4',
    'x-m4a': 'm4a',
    m4a: 'm4a',
    wav: 'wav',
    'x-wav': 'wav',
    wave: 'wav',
    flac: 'flac',
    ogg: 'ogg',
    opus: 'opus',
    aac: 'aac',
    webm: 'webm',
    pcm: 'pcm',
    pcm16: 'pcm',
  },
};

/** The format that a MIME type, or the end of a name, stands for; `kind` alone decides between types of one name. */
function formatOf(kind: Kind, mime: string | undefined, name: string): string | undefined {
  const table = formats[kind];
  const subtype = mime?.split('/').at(-1) ?? '';
  const path = name.split(/[?#]/, 1)[0] ?? '';
  return table[subtype] ?? table[path.slice(path.lastIndexOf('.') + 1).toLowerCase()];
}

/** Texts of all sorts are documents of the kind that every model reads. */
function documentFormat(mime: string | undefined, name: string): string | undefined {
  const format = formatOf('document', mime, name);
  return (
    format ??
    (mime?.startsWith('text/') || mime === 'application/json' || mime === 'application/xml' ? 'txt' : undefined)
  );
}

export function toBase64(text: string): string {
  const bytes = new TextEncoder().encode(text);
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/** The source of a block: bytes, an object in S3, or (in a dry run, before the download) an address. */
function sourceOf(url: string, call: Call<'chat'>): { source: JsonObject; mime?: string } | undefined {
  const data = parseDataUri(url);
  if (data !== undefined) {
    const text = data.base64 ? undefined : dataUriText(data);
    if (!data.base64 && text === undefined) return undefined;
    return { source: { bytes: text === undefined ? data.data : toBase64(text) }, mime: data.mime };
  }
  if (/^s3:\/\//i.test(url)) return { source: { s3Location: { uri: url } } };
  return /^https?:/i.test(url) && call.options.media !== 'pass' ? { source: { bytes: url } } : undefined;
}

const refused = (path: string, call: Call<'chat'>, what: string): undefined => {
  call.unsupported(path, what);
  return undefined;
};

export function imageBlock(
  part: JsonObject,
  path: string,
  call: Call<'chat'>,
  names: DocumentNames,
): Block | undefined {
  const media = mediaUrl(part, 'image_url');
  // LiteLLM's callers give PDFs so, too.
  const mime = media && (media.mime ?? parseDataUri(media.url)?.mime ?? mimeOfName(media.url));
  if (media !== undefined && mime !== undefined && !mime.startsWith('image/')) {
    const file = { file_data: media.url, format: mime };
    return fileBlock({ ...part, type: 'file', file }, path, call, names);
  }
  const found = media && sourceOf(media.url, call);
  if (media === undefined || found === undefined)
    return refused(`${path}.image_url`, call, 'images are given by https, s3 or data URL');
  const format =
    formatOf('image', media.mime ?? found.mime, media.url) ?? (found.mime === undefined ? 'png' : undefined);
  if (format === undefined) return refused(`${path}.image_url`, call, 'images are png, jpeg, gif or webp');
  const given = part['image_url'];
  if (isObject(given) && given['detail'] !== undefined && given['detail'] !== 'auto')
    call.warn({
      type: 'drop',
      param: `${path}.image_url.detail`,
      message: 'Bedrock has no image detail; it is not sent',
    });
  return { image: { format, source: found.source } };
}

export function videoBlock(part: JsonObject, path: string, call: Call<'chat'>): Block | undefined {
  const media = mediaUrl(part, 'video_url');
  const found = media && sourceOf(media.url, call);
  if (media === undefined || found === undefined)
    return refused(`${path}.video_url`, call, 'videos are given by https, s3 or data URL');
  const format = formatOf('video', media.mime ?? found.mime, media.url) ?? 'mp4';
  return { video: { format, source: found.source } };
}

export function audioBlock(part: JsonObject, path: string, call: Call<'chat'>): Block | undefined {
  const { data, format: told } = isObject(part['input_audio']) ? part['input_audio'] : {};
  if (typeof data !== 'string' || data === '') return refused(`${path}.input_audio`, call, 'audio is given as base64');
  const uri = parseDataUri(data);
  const format = formatOf('audio', typeof told === 'string' ? told : uri?.mime, '') ?? 'mp3';
  return { audio: { format, source: { bytes: uri?.data ?? data } } };
}

/** Options of a document that a file part may carry, beside the file or within it. */
function documentOptions(part: JsonObject, given: JsonObject): JsonObject {
  const { context } = { ...given, ...part };
  const citations = part['citations'] ?? given['citations'];
  return {
    ...(typeof context === 'string' && { context }),
    ...(isObject(citations) && { citations }),
  };
}

export function fileBlock(part: JsonObject, path: string, call: Call<'chat'>, names: DocumentNames): Block | undefined {
  const given = isObject(part['file']) ? part['file'] : {};
  const { file_data: held, file_id: id, filename } = given;
  for (const field of ['detail', 'video_metadata'])
    if (given[field] !== undefined)
      call.warn({ type: 'drop', param: `${path}.file.${field}`, message: 'Bedrock has no such field' });
  const name = asText(filename);
  const told = asText(given['format']) || (name === '' ? undefined : mimeOfName(name));
  const address = asText(held) || asText(id);
  const found =
    sourceOf(address, call) ??
    (asText(held) !== '' && told !== undefined ? { source: { bytes: held }, mime: told } : undefined);
  if (found === undefined)
    return refused(`${path}.file`, call, 'files are given as file_data (data URL) or as file_id (https or s3 URL)');
  const mime = told ?? found.mime;
  const where = name || (found.mime === undefined ? address : '');
  for (const kind of ['image', 'video', 'audio'] as const) {
    const format = mime?.startsWith(`${kind}/`) === true ? formatOf(kind, mime, where) : undefined;
    if (format !== undefined) return { [kind]: { format, source: found.source } };
  }
  const format = documentFormat(mime, where);
  if (format === undefined)
    return refused(`${path}.file`, call, 'files are pdf, csv, doc, docx, xls, xlsx, html, txt, md, images or videos');
  const sent = names.take(name);
  if (name !== '' && sent !== stemOf(name))
    call.warn({
      type: 'rewrite',
      param: `${path}.file.filename`,
      message: `names of documents are of ASCII letters, digits, hyphens and brackets, each once; "${sent}" is sent`,
    });
  return { document: { format, name: sent, source: found.source, ...documentOptions(part, given) } };
}

/** A file's name without its extension. */
const stemOf = (filename: string): string => filename.replace(/\.[^.]*$/, '');

/** Names of documents: neutral, of few characters, and each only once in a request. */
export class DocumentNames {
  readonly #taken = new Set<string>();

  take(filename: string): string {
    const stem = stemOf(filename)
      .replace(/[^\p{L}\p{N}\s()[\]-]+/gu, ' ')
      .replace(/\s+/g, ' ')
      .trim()
      .slice(0, 190);
    // Letters beyond ASCII are refused.
    const plain = /^[A-Za-z0-9 ()[\]-]+$/.test(stem) ? stem : '';
    let name = plain === '' ? `Document ${this.#taken.size + 1}` : plain;
    for (let copy = 2; this.#taken.has(name); copy++) name = `${plain || 'Document'} ${copy}`;
    this.#taken.add(name);
    return name;
  }
}
