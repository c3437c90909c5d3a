export type * from './chat.js';
export type * from './embeddings.js';
export type * from './rerank.js';
