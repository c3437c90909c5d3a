/** Cuts a response body into events and feeds them to a decoder. Parsers load with the first stream that needs them. */
import { ProviderFault } from '../errors.js';
import { BrokenEvent } from '../unreadable.js';
import type { Decoder, WireEvent } from '../spec.js';

/** Takes the body's pieces; decoded chunks are pushed to `out`, in order. */
export interface Framer<C> {
  feed(piece: Uint8Array, out: C[]): void;
  /** The body has ended. */
  end(out: C[]): void;
  /** What came but belongs to no event. */
  readonly stray?: string;
}

export type FramerFactory = <C>(decoder: Decoder<C>) => Framer<C>;
export type Framing = 'sse' | 'ndjson' | 'aws';

const loaded: Partial<Record<Framing, FramerFactory>> = {};

async function load(framing: Framing): Promise<FramerFactory> {
  switch (framing) {
    case 'sse':
      return (await import('./sse.js')).sse;
    case 'ndjson':
      return (await import('./ndjson.js')).ndjson;
    case 'aws':
      return (await import('./aws.js')).aws;
  }
}

export function framer(framing: Framing): FramerFactory | Promise<FramerFactory> {
  return loaded[framing] ?? load(framing).then((factory) => (loaded[framing] = factory));
}

/** Decodes one event; data that is no JSON is told with the data. */
export function pushEvent<C>(decoder: Decoder<C>, event: WireEvent, out: C[]): void {
  try {
    decoder.push(event, out);
  } catch (error) {
    if (error instanceof ProviderFault) error.body ??= event.data;
    throw error instanceof SyntaxError ? new BrokenEvent(event.data) : error;
  }
}
