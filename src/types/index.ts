export type * from './chat.js';
export type * from './count-tokens.js';
export type * from './embeddings.js';
export type * from './hidden.js';
export type * from './rerank.js';
export type * from './tokens.js';
