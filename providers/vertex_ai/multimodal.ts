/**
 * Inputs of the multimodal embedding model: a text, an image and a video, each at most once.
 * Source: https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/multimodal-embeddings-api
 */
import type { JsonObject } from '../../src/core/spec.js';
import { mimeOf, refuse } from '../gemini/media.js';
import { isObject, mediaUrl, parseDataUri } from '../shared/messages.js';

interface Media {
  kind: 'image' | 'video';
  source: JsonObject;
}

/** Media by Cloud Storage address or as a data URI; undefined for any other text. */
function mediaOf(address: string, told: string | undefined): Media | undefined {
  const data = parseDataUri(address);
  const mime = told ?? data?.mime ?? mimeOf(address);
  const kind = mime?.startsWith('video/') ? 'video' : 'image';
  if (data?.base64) {
    const mimeType = kind === 'image' && mime !== undefined && { mimeType: mime };
    return { kind, source: { bytesBase64Encoded: data.data, ...mimeType } };
  }
  return address.startsWith('gs://') ? { kind, source: { gcsUri: address } } : undefined;
}

function place(part: JsonObject, path: string, instance: JsonObject): void {
  if (part['type'] === 'text' && typeof part['text'] === 'string') {
    instance['text'] = part['text'];
    return;
  }
  const field = part['type'] === 'video_url' ? 'video_url' : 'image_url';
  const media = mediaUrl(part, field);
  const found = media && mediaOf(media.url, media.mime ?? (field === 'video_url' ? 'video/mp4' : undefined));
  if (found === undefined) refuse(path, 'must be a text, or an image or video as a gs address or a data URI');
  const given = part[field];
  const segment = isObject(given) ? (given['video_segment_config'] ?? given['videoSegmentConfig']) : undefined;
  instance[found.kind] = { ...found.source, ...(isObject(segment) && { videoSegmentConfig: segment }) };
}

/** One instance: of a text, an address, a content part, several parts together, or in the API's own form. */
export function toInstance(entry: unknown, path: string): JsonObject {
  if (typeof entry === 'string') {
    const media = mediaOf(entry, undefined);
    return media === undefined ? { text: entry } : { [media.kind]: media.source };
  }
  if (!isObject(entry)) refuse(path, 'must be a text or a content part');
  const { type, content, text, image, video } = entry;
  if (type === undefined && content === undefined && (text ?? image ?? video) !== undefined) return entry;
  const instance: JsonObject = {};
  const parts: unknown[] = Array.isArray(content) ? content : [entry];
  for (const [index, part] of parts.entries()) {
    const at = Array.isArray(content) ? `${path}.content[${index}]` : path;
    if (isObject(part)) place(part, at, instance);
    else refuse(at, 'must be a content part');
  }
  return instance;
}
