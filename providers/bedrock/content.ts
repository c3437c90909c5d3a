/**
 * Content parts as Converse's content blocks. Blocks of Converse's own (`guardContent`, `searchResult` …) are passed on.
 * Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ContentBlock.html
 */
import type { JsonObject } from '../../src/core/spec.js';
import { asText, contentParts, isBlank, isObject } from '../shared/messages.js';
import type { Block } from './blocks.js';
import { cachePoint } from './cache.js';
import type { Context } from './context.js';
import { audioBlock, fileBlock, imageBlock, videoBlock } from './media.js';

/** Content as blocks, each followed by its cache point; blank text, which the API refuses, is left out. */
export function readContent(content: unknown, path: string, context: Context): Block[] {
  const blocks: Block[] = [];
  const parts = contentParts(content);
  parts.forEach((part, at) => {
    const place = Array.isArray(content) ? `${path}[${at}]` : path;
    const block = readPart(part, place, context);
    if (block !== undefined) blocks.push(block, ...cachePoint(part, 'message', place, context));
    else if (part['type'] === 'text' && parts.length > 1)
      context.call.warn({ type: 'repair', param: place, message: 'a text part without text was left out' });
  });
  return blocks;
}

function readPart(part: JsonObject, path: string, context: Context): Block | undefined {
  const { call, model } = context;
  switch (part['type']) {
    case 'text':
    case 'refusal': {
      const text = asText(part[part['type']]);
      return isBlank(text) ? undefined : { text };
    }
    case 'guarded_text':
      return { guardContent: { text: { text: asText(part['text']) } } };
    case 'image_url':
      return imageBlock(part, path, call, context.documents);
    case 'video_url':
      return videoBlock(part, path, call);
    case 'file':
      return fileBlock(part, path, call, context.documents);
    case 'input_audio':
      if (model.audio) return audioBlock(part, path, call);
      call.unsupported(path, `${part['type']} parts: the model takes no audio`);
      return undefined;
    case 'search_result':
      return searchResult(part);
    case undefined:
      return { ...part };
    default:
      call.unsupported(path, `parts of type ${asText(part['type'])}`);
      return undefined;
  }
}

/** Anthropic's form of a search result, which Claude can cite. */
function searchResult({ source, title, content, citations }: JsonObject): Block {
  const texts = contentParts(content).map(({ text }) => ({ text }));
  return { searchResult: { source, title, content: texts, ...(isObject(citations) && { citations }) } };
}
