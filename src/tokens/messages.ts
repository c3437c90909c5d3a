/**
 * What messages count: their texts, and what frames them. OpenAI's rule for its own models, taken for all others.
 * Source: https://github.com/openai/openai-cookbook/blob/main/examples/How_to_count_tokens_with_tiktoken.ipynb
 */
import type { JsonObject } from '../core/spec.js';
import { isObject, refuse } from '../core/validate.js';
import { imageTokens } from './images.js';

/** How the texts of one prompt are counted. */
export interface Counting {
  count(text: string): number;
  use_default_image_token_count: boolean;
  /** Stands for a list of parts of which one cannot be counted. */
  default_token_count: number | undefined;
  /** A part was counted by a rule of thumb. */
  approximate(what: 'images' | 'files'): void;
}

/** Within a list of parts: one that there is no rule for. */
class Uncountable extends Error {
  constructor(readonly type: unknown) {
    super();
  }
}

const asText = (value: unknown): string => (typeof value === 'string' ? value : '');

/** The text of parts that are little more than one. */
const textFields: Readonly<Record<string, string>> = {
  text: 'text',
  input_text: 'text',
  output_text: 'text',
  refusal: 'refusal',
  thinking: 'thinking',
  redacted_thinking: 'thinking',
  compaction: 'content',
  tool_reference: 'tool_name',
};

function imagePart(url: string, detail: string, counting: Counting): number {
  counting.approximate('images');
  return imageTokens(url, detail, counting.use_default_image_token_count);
}

/** An image or a document of Anthropic's as one address. */
function sourceUrl(source: unknown): string {
  if (!isObject(source)) return '';
  if (source['type'] === 'url') return asText(source['url']);
  return source['type'] === 'base64'
    ? `data:${asText(source['media_type']) || 'image/png'};base64,${asText(source['data'])}`
    : '';
}

/** A file is counted as an image of its address: its pages are not read. */
function fileTokens(url: string, counting: Counting): number {
  counting.approximate('files');
  return imageTokens(url, 'auto', counting.use_default_image_token_count);
}

function documentTokens(part: JsonObject, counting: Counting): number {
  const { source, title, context } = part;
  const head = counting.count(asText(title)) + counting.count(asText(context));
  if (!isObject(source)) throw new Uncountable('document');
  if (source['type'] === 'text') return head + counting.count(asText(source['data']));
  if (source['type'] === 'content') return head + contentTokens(source['content'], counting);
  return head + fileTokens(sourceUrl(source), counting);
}

/** Texts, lists of parts, and other values as JSON. */
function valueTokens(value: unknown, counting: Counting): number {
  if (value === undefined || value === null) return 0;
  return typeof value === 'string' || Array.isArray(value)
    ? contentTokens(value, counting)
    : counting.count(JSON.stringify(value));
}

const fieldsOf: Readonly<Record<string, readonly string[]>> = {
  tool_use: ['name', 'input'],
  tool_result: ['content'],
  search_result: ['source', 'title', 'content', 'citations'],
};

function partTokens(part: unknown, counting: Counting): number {
  if (typeof part === 'string') return counting.count(part);
  if (!isObject(part)) throw new Uncountable(part);
  const type = asText(part['type']);
  const field = textFields[type];
  if (field !== undefined) return counting.count(asText(part[field]));
  const fields = fieldsOf[type];
  if (fields !== undefined) return fields.reduce((sum, name) => sum + valueTokens(part[name], counting), 0);
  switch (type) {
    case 'image_url': {
      const image = part['image_url'];
      const url = isObject(image) ? asText(image['url']) : asText(image);
      if (url === '') throw new Uncountable('image_url without a url');
      return imagePart(url, (isObject(image) && asText(image['detail'])) || 'auto', counting);
    }
    case 'image':
      return imagePart(sourceUrl(part['source']), 'auto', counting);
    case 'document':
      return documentTokens(part, counting);
    case 'file': {
      const file = isObject(part['file']) ? part['file'] : {};
      const data = asText(file['file_data']);
      return counting.count(asText(file['filename'])) + (data === '' ? 0 : fileTokens(data, counting));
    }
    default:
      throw new Uncountable(part['type']);
  }
}

function contentTokens(content: unknown, counting: Counting): number {
  if (typeof content === 'string') return counting.count(content);
  if (!Array.isArray(content)) return 0;
  return content.reduce((sum: number, part) => sum + partTokens(part, counting), 0);
}

function partsTokens(parts: readonly unknown[], at: string, counting: Counting): number {
  try {
    return contentTokens(parts, counting);
  } catch (error) {
    if (!(error instanceof Uncountable)) throw error;
    if (counting.default_token_count !== undefined) return counting.default_token_count;
    return refuse(
      at,
      error.type,
      'has a part that cannot be counted; default_token_count counts it as that many tokens',
    );
  }
}

function callTokens(calls: unknown, counting: Counting): number {
  if (!Array.isArray(calls)) return 0;
  return calls.filter(isObject).reduce((sum, call) => {
    const { function: called, custom } = call;
    if (isObject(called)) return sum + valueTokens(called['arguments'], counting);
    return isObject(custom) ? sum + valueTokens(custom['input'], counting) : sum;
  }, 0);
}

/** What compacted conversations carry beside their messages. */
function summaryTokens(fields: unknown, counting: Counting): number {
  const blocks = isObject(fields) ? fields['compaction_blocks'] : undefined;
  if (!Array.isArray(blocks)) return 0;
  return blocks
    .filter((block): block is JsonObject => isObject(block) && block['type'] === 'compaction')
    .reduce((sum, block) => sum + counting.count(asText(block['content'])), 0);
}

/** The tokens of one message: of every text in it, whatever its field. */
export function messageTokens(message: JsonObject, at: string, counting: Counting): number {
  let total = 3;
  for (const [name, value] of Object.entries(message)) {
    if (typeof value === 'string') {
      total += counting.count(value);
      if (name === 'name') total++;
    } else if (name === 'content' && Array.isArray(value)) total += partsTokens(value, `${at}.content`, counting);
    else if (name === 'tool_calls') total += callTokens(value, counting);
    else if (name === 'function_call' && isObject(value)) total += valueTokens(value['arguments'], counting);
    else if (name === 'provider_specific_fields') total += summaryTokens(value, counting);
  }
  return total;
}
