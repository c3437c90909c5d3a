import type { IncomingHttpHeaders } from 'node:http';
import type { Reply } from './reply.js';

/** A request as a protocol sees it. */
export interface Received {
  method: string;
  /** Path within the protocol, without the vendor's prefix and the query. */
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  /** The body as it came. */
  body: string;
  /** Different for each request to a server; ids in answers are made from it. */
  seed: string;
  /** Number of the request, from 1; answers are dated by it. */
  number: number;
  /** Most input tokens that are accepted. */
  context_window: number;
  /** True the first time a text that speaks of a rate limit is seen. */
  limited(text: string): boolean;
}

/** One vendor's HTTP API. */
export interface Vendor {
  /** Throws a Refusal for everything the API would not accept. */
  reply(received: Received): Reply;
  /** A refusal in the vendor's error shape. */
  refuse(refusal: Refusal, received: Received): Reply;
}

/** An error answer. `facts` are the vendor's own fields: code, type, param, status, details. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly facts: Readonly<Record<string, unknown>> = {},
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

/** The model that no vendor has, and the key that none accepts. */
export const MISSING_MODEL = 'missing-model';
export const BAD_KEY = 'bad-key';
/** Sent with every 429. */
export const RETRY_AFTER = { 'retry-after': '1' } as const;
/** Dimensions of an embedding unless the request says otherwise, and the most it may ask for. */
export const DIMENSIONS = { default: 1536, most: 4096 } as const;
/** What a part that is no text counts as, in tokens. */
export const MEDIA_TOKENS = 100;

export const bearer = (headers: IncomingHttpHeaders): string | undefined =>
  /^Bearer\s+(\S.*)$/iu.exec(headers.authorization ?? '')?.[1];
