export { sseEvent } from './reply.js';
export type { ScriptedChunk, ScriptedReply } from './reply.js';
export { startProvider } from './server.js';
export type { ProviderOptions, RecordedRequest, Script, TestProvider } from './server.js';
