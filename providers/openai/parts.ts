/** Content parts as an OpenAI-shaped server takes them. The caller's objects are never changed. */
import type { JsonObject, Warning } from '../../src/core/spec.js';
import { asText, parseDataUri } from '../shared/messages.js';
import { isObject } from './answer.js';
import type { MessageRules } from './messages.js';

type Warn = (warning: Warning) => void;

/** The same content when nothing needs to change. `at` is the message's place. */
export function cleanContent(content: unknown[], rules: MessageRules, warn: Warn, at: number): unknown {
  let out: unknown[] | undefined;
  for (let i = 0; i < content.length; i++) {
    const part: unknown = content[i];
    const cleaned = isObject(part) ? cleanPart(part, rules, warn, `messages[${at}].content[${i}]`) : part;
    if (out) out.push(cleaned);
    else if (cleaned !== part) out = [...content.slice(0, i), cleaned];
  }
  const parts = out ?? content;
  if (!rules.content_as_string || !parts.every((part) => isObject(part) && part['type'] === 'text')) return parts;
  return parts.map((part) => String((part as JsonObject)['text'])).join('\n');
}

function cleanPart(part: JsonObject, rules: MessageRules, warn: Warn, path: string): JsonObject {
  let copy = part;
  if (rules.cache_control !== 'keep' && 'cache_control' in part) {
    const { cache_control: mark, ...rest } = part;
    const breakpoint = rules.cache_control === 'breakpoint' && isObject(mark);
    copy = breakpoint ? { ...rest, prompt_cache_breakpoint: { mode: 'explicit' } } : rest;
    warn({
      type: breakpoint ? 'rename' : 'drop',
      param: `${path}.cache_control`,
      message: breakpoint ? 'cache_control is sent as prompt_cache_breakpoint' : 'this provider has no cache marks',
    });
  }
  if (isObject(part['file']) && rules.file_urls !== 'as_given') copy = cleanFile(copy, part['file'], rules, warn, path);
  const image = part['image_url'];
  if (typeof image === 'string') copy = { ...copy, image_url: { url: image } };
  // The MIME type stands in the data URL, or the server finds out.
  for (const kind of ['image_url', 'video_url'] as const) {
    const media = copy[kind];
    if (isObject(media) && 'format' in media && rules.file_urls !== 'as_given') {
      const { format: _, ...rest } = media;
      copy = { ...copy, [kind]: rest };
    }
  }
  return copy;
}

/** Fields of Gemini's, which LiteLLM's callers put on files. */
const geminis = ['detail', 'video_metadata'] as const;

function cleanFile(part: JsonObject, file: JsonObject, rules: MessageRules, warn: Warn, path: string): JsonObject {
  const { file_id: id, file_data: data, filename: name } = file;
  for (const field of geminis)
    if (field in file) warn({ type: 'drop', param: `${path}.file.${field}`, message: 'files have no such field here' });
  if (rules.file_as === 'media_url') {
    const made = asMedia(file);
    if (made !== undefined) return made;
  } else if (rules.file_as === 'document_url') {
    const address = typeof data === 'string' ? data : isAddress(id) ? id : undefined;
    if (address === undefined) return typeof id === 'string' ? { type: 'file', file_id: id } : part;
    return { type: 'document_url', document_url: address, ...(name === undefined ? {} : { document_name: name }) };
  }
  let rest: JsonObject | undefined;
  const edit = (): JsonObject => (rest ??= { ...file });
  // The MIME type stands in the data URL, or the server finds out.
  if ('format' in file) delete edit()['format'];
  for (const field of geminis) if (field in file) delete edit()[field];
  if (rules.file_urls === 'data' && data === undefined && isAddress(id)) {
    delete edit()['file_id'];
    edit()['file_data'] = id;
    warn({ type: 'rename', param: `${path}.file.file_id`, message: 'an address is sent as file_data' });
  }
  // Servers refuse data without a name.
  if (typeof (rest ?? file)['file_data'] === 'string' && !name) {
    edit()['filename'] = nameOf(asText(data));
    warn({ type: 'default', param: `${path}.file.filename`, message: 'files must have a name' });
  }
  return rest === undefined ? part : { ...part, file: rest };
}

/** An image, a film or a sound as a part of its kind. */
function asMedia(file: JsonObject): JsonObject | undefined {
  const url = asText(file['file_data']) || asText(file['file_id']);
  const mime = asText(file['format']) || parseDataUri(url)?.mime;
  const kind = /^(image|video|audio)\//.exec(mime ?? '')?.[1];
  return kind === undefined ? undefined : { type: `${kind}_url`, [`${kind}_url`]: { url } };
}

const isAddress = (value: unknown): value is string => typeof value === 'string' && /^https?:\/\//i.test(value);

/** A name whose end tells the type, as far as the type of the data tells one. */
function nameOf(data: string): string {
  const subtype = /^data:[\w.+-]+\/([a-z]{2,5})[;,]/i.exec(data)?.[1]?.toLowerCase();
  return `my_file.${subtype === 'plain' ? 'txt' : (subtype ?? 'pdf')}`;
}
