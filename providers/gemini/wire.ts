/**
 * What goes over the wire of generateContent and streamGenerateContent, as far as it is read or written here.
 * Source: https://ai.google.dev/api/generate-content
 */
import type { JsonObject } from '../../src/core/spec.js';

/** A piece of a streamed argument: the value at a JSON path, strings in several pieces. */
export interface PartialArg {
  jsonPath?: string;
  stringValue?: string;
  numberValue?: number;
  boolValue?: boolean;
  nullValue?: unknown;
  willContinue?: boolean;
}

export interface FunctionCall {
  id?: string;
  name?: string;
  args?: JsonObject;
  partialArgs?: PartialArg[];
  /** More of this call follows. */
  willContinue?: boolean;
}

export interface FunctionResponse {
  id?: string;
  name: string;
  response: JsonObject;
  parts?: Part[];
}

/** One of the content fields, and what may stand beside it. */
export interface Part {
  text?: string;
  thought?: boolean;
  /** Base64; opaque. */
  thoughtSignature?: string;
  inlineData?: { mimeType: string; data: string };
  fileData?: { fileUri: string; mimeType?: string };
  functionCall?: FunctionCall;
  functionResponse?: FunctionResponse;
  mediaResolution?: { level: string };
  videoMetadata?: JsonObject;
  /** Parts of tools that ran at the provider (`toolCall`, `toolResponse`, `executableCode`, `codeExecutionResult`). */
  [field: string]: unknown;
}

export interface Content {
  role?: string;
  parts: Part[];
}

/** Offsets are in bytes of the part's UTF-8 text. */
export interface Segment {
  partIndex?: number;
  startIndex?: number;
  endIndex?: number;
  text?: string;
}

export interface GroundingChunk {
  web?: { uri?: string; title?: string };
  retrievedContext?: { uri?: string; title?: string };
  maps?: { uri?: string; title?: string };
  image?: { sourceUri?: string; title?: string };
}

export interface GroundingMetadata {
  groundingChunks?: GroundingChunk[];
  groundingSupports?: { segment?: Segment; groundingChunkIndices?: number[] }[];
  webSearchQueries?: string[];
  [field: string]: unknown;
}

export interface LogprobsResult {
  chosenCandidates?: { token?: string; logProbability?: number }[];
  topCandidates?: { candidates?: { token?: string; logProbability?: number }[] }[];
  logProbabilitySum?: number;
}

export interface Candidate {
  index?: number;
  content?: { role?: string; parts?: Part[] };
  finishReason?: string;
  finishMessage?: string;
  safetyRatings?: unknown[];
  citationMetadata?: { citations?: { startIndex?: number; endIndex?: number; uri?: string; title?: string }[] };
  groundingMetadata?: GroundingMetadata;
  urlContextMetadata?: { urlMetadata?: { retrievedUrl?: string; urlRetrievalStatus?: string }[] };
  avgLogprobs?: number;
  logprobsResult?: LogprobsResult;
}

export interface ModalityCount {
  modality?: string;
  tokenCount?: number;
}

export interface UsageMetadata {
  promptTokenCount?: number;
  candidatesTokenCount?: number;
  thoughtsTokenCount?: number;
  toolUsePromptTokenCount?: number;
  cachedContentTokenCount?: number;
  totalTokenCount?: number;
  promptTokensDetails?: ModalityCount[];
  candidatesTokensDetails?: ModalityCount[];
  toolUsePromptTokensDetails?: ModalityCount[];
  cacheTokensDetails?: ModalityCount[];
  serviceTier?: string;
  trafficType?: string;
}

export interface GenerateContentResponse {
  candidates?: Candidate[];
  promptFeedback?: { blockReason?: string; blockReasonMessage?: string; safetyRatings?: unknown[] };
  usageMetadata?: UsageMetadata;
  modelVersion?: string;
  responseId?: string;
  /** RFC 3339; Vertex AI only. */
  createTime?: string;
  error?: unknown;
}
