/**
 * Sources of an answer as OpenAI's annotations. Google counts bytes of UTF-8, OpenAI characters.
 * Source: https://ai.google.dev/api/generate-content#GroundingMetadata
 */
import type { Annotation } from '../../src/types/chat.js';
import type { Candidate, GroundingChunk, Segment } from './wire.js';

type Sources = Pick<Candidate, 'groundingMetadata' | 'citationMetadata' | 'urlContextMetadata'>;

/** Places in a text, given in bytes. */
class Places {
  readonly #text: string;
  #bytes: Uint8Array | undefined;
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });

  constructor(text: string) {
    this.#text = text;
  }

  #character(offset: number): number {
    this.#bytes ??= new TextEncoder().encode(this.#text);
    return this.#decoder.decode(this.#bytes.subarray(0, offset)).length;
  }

  /** The segment's text decides where the offsets count from another part's beginning. */
  find({ startIndex, endIndex, text }: Segment): { start_index: number; end_index: number } {
    const start_index = this.#character(startIndex ?? 0);
    const end_index = endIndex == null ? this.#text.length : this.#character(endIndex);
    if (text == null || text === '' || this.#text.slice(start_index, end_index) === text)
      return { start_index, end_index };
    const at = this.#text.indexOf(text);
    return at < 0 ? { start_index, end_index } : { start_index: at, end_index: at + text.length };
  }
}

function sourceOf({ web, retrievedContext, maps, image }: GroundingChunk): { url: string; title: string } | undefined {
  const source = web ?? retrievedContext ?? maps;
  const url = source?.uri ?? image?.sourceUri;
  return url == null ? undefined : { url, title: source?.title ?? image?.title ?? '' };
}

export function toAnnotations(text: string, sources: Sources): Annotation[] {
  const places = new Places(text);
  const out: Annotation[] = [];
  const cited = new Set<string>();
  const add = (segment: Segment, url: string, title: string): void => {
    cited.add(url);
    out.push({ type: 'url_citation', url_citation: { ...places.find(segment), title, url } });
  };
  const { groundingChunks, groundingSupports } = sources.groundingMetadata ?? {};
  for (const { segment, groundingChunkIndices } of groundingSupports ?? [])
    for (const index of groundingChunkIndices ?? []) {
      const chunk = groundingChunks?.[index];
      const source = chunk && sourceOf(chunk);
      if (source !== undefined) add(segment ?? {}, source.url, source.title);
    }
  const seen = new Set<string>();
  for (const { uri, title, startIndex, endIndex } of sources.citationMetadata?.citations ?? []) {
    const key = `${startIndex} ${endIndex} ${uri}`;
    if (uri == null || seen.has(key)) continue;
    seen.add(key);
    add({ ...(startIndex != null && { startIndex }), ...(endIndex != null && { endIndex }) }, uri, title ?? '');
  }
  for (const { retrievedUrl, urlRetrievalStatus } of sources.urlContextMetadata?.urlMetadata ?? [])
    if (retrievedUrl != null && urlRetrievalStatus === 'URL_RETRIEVAL_STATUS_SUCCESS' && !cited.has(retrievedUrl))
      add({}, retrievedUrl, '');
  return out;
}
