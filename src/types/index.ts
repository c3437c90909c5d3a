export type * from './chat.js';
export type * from './embeddings.js';
export type * from './hidden.js';
export type * from './rerank.js';
