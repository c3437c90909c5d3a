/** The recordings of real answers that lie beside the repository, where they do. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { Endpoint } from '../../src/index.js';
import type { Recorded } from './replay.js';

const folder = new URL('../../../shared/traffic/', import.meta.url);
export const present = existsSync(folder);
export const why = '../shared/traffic is not there';

export interface Recording {
  id: string;
  provider: string;
  api: string;
  stream: boolean;
  model?: string;
  status: number;
  response?: { [field: string]: unknown };
  response_b64?: string;
  response_text?: string;
  response_headers?: Record<string, string>;
  sse?: string;
  eventstream_b64?: string;
  stream_format?: string | null;
}

/** What an independent reader found on the wire. */
interface Facts {
  id: string;
  stream?: boolean;
  kind: string;
  wire?: string;
  usage?: Record<string, unknown> | null;
  or_error?: unknown;
  tool_calls?: { name: string }[];
  count?: number;
  results?: [number, number][];
}

const read = <T>(name: string): T[] =>
  gunzipSync(readFileSync(new URL(name, folder)))
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);

const keyOf = ({ id, stream }: { id: string; stream?: boolean }): string => `${id}${stream === true ? '/stream' : ''}`;

export interface Case {
  recording: Recording;
  facts: Facts;
  endpoint: Endpoint;
  input: Record<string, unknown>;
  answer: Recorded;
}

const aws = {
  aws_access_key_id: 'AKIDEXAMPLE',
  aws_secret_access_key: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  aws_region_name: 'us-east-1',
};
/** Where a recording's provider is called by another name, or needs more than a key. */
const calls: Readonly<Record<string, { as?: string; options?: object }>> = {
  bedrock: { options: aws },
  'bedrock/invoke': { as: 'bedrock/invoke', options: aws },
  vertex_ai: {
    options: { vertex_project: 'test-project', vertex_location: 'us-central1', api_key: 'ya29.test-token' },
  },
  azure: { options: { api_version: '2024-10-21' } },
  avian: { as: 'openai' },
  gpustack: { as: 'openai' },
  llamacpp: { as: 'openai' },
  writer: { as: 'openai' },
  'ollama/openai': { as: 'openai' },
  'gemini/openai': { as: 'openai' },
};
const models: Readonly<Record<string, string>> = {
  cohere: 'command-a-03-2025',
  gemini: 'gemini-2.5-flash',
  'gemini/embeddings': 'gemini-embedding-001',
  'cohere/rerank': 'rerank-v3.5',
  'voyage/rerank': 'rerank-2.5',
  bedrock: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
  'bedrock/rerank': 'arn:aws:bedrock:us-west-2::foundation-model/amazon.rerank-v1:0',
  openai: 'gpt-4o',
};
const endpoints: Readonly<Record<string, Endpoint>> = { embedding: 'embeddings', rerank: 'rerank', chat: 'chat' };

/** The recordings of answers to chat, embedding and rerank calls that tell usage. */
export function cases(): Case[] {
  const facts = new Map(read<Facts>('facts.jsonl.gz').map((fact) => [keyOf(fact), fact]));
  const files = readdirSync(folder).filter((name) => name.endsWith('.jsonl.gz') && !name.startsWith('facts'));
  return files
    .flatMap((name) => read<Recording>(name))
    .flatMap((recording) => {
      const fact = facts.get(keyOf(recording));
      const endpoint = endpoints[fact?.kind ?? ''];
      if (fact === undefined || endpoint === undefined || fact.or_error !== undefined) return [];
      if (recording.api === 'responses' || recording.api === 'completions') return [];
      return [
        { recording, facts: fact, endpoint, input: inputOf(recording, fact, endpoint), answer: answerOf(recording) },
      ];
    });
}

export function byProvider(all: readonly Case[]): [provider: string, cases: Case[]][] {
  const groups = new Map<string, Case[]>();
  for (const each of all) {
    const { provider } = each.recording;
    const group = groups.get(provider);
    if (group === undefined) groups.set(provider, [each]);
    else group.push(each);
  }
  return [...groups];
}

function inputOf(recording: Recording, facts: Facts, endpoint: Endpoint): Record<string, unknown> {
  const { provider, api, stream } = recording;
  const { as = provider, options } =
    calls[`${provider}/${facts.wire}`] ?? calls[`${provider}/${api}`] ?? calls[provider] ?? {};
  const model = recording.model ?? models[`${provider}/${api}`] ?? models[provider] ?? 'test-model';
  const common = { model: `${as}/${model}`, api_key: 'test-key', api_base: 'http://127.0.0.1:9', ...options };
  if (endpoint === 'embeddings')
    return { ...common, input: Array.from({ length: facts.count ?? 1 }, (_, i) => `text ${i}`) };
  if (endpoint === 'rerank') {
    const most = Math.max(3, ...(facts.results ?? []).map(([index]) => index + 1));
    return { ...common, query: 'q', documents: Array.from({ length: most }, (_, i) => `document ${i}`) };
  }
  const names = [...new Set((facts.tool_calls ?? []).map(({ name }) => name))].filter((name) =>
    /^[\w-]{1,64}$/.test(name),
  );
  const tools = names.map((name) => ({
    type: 'function',
    function: { name, parameters: { type: 'object', properties: {} } },
  }));
  return {
    ...common,
    messages: [{ role: 'user', content: 'hi' }],
    ...(tools.length > 0 && { tools }),
    ...(stream && { stream: true, stream_options: { include_usage: true } }),
  };
}

const base64 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'));

function answerOf(recording: Recording): Recorded {
  const { status, response_headers = {}, eventstream_b64, response_b64, stream_format } = recording;
  const headers = Object.fromEntries(
    Object.entries(response_headers)
      .map(([name, value]) => [name.toLowerCase(), value] as const)
      .filter(([name]) => !/^(?:content-(?:length|encoding)|transfer-encoding|connection)$/.test(name)),
  );
  const wired = eventstream_b64 ?? response_b64;
  const body =
    wired !== undefined
      ? base64(wired)
      : new TextEncoder().encode(recording.sse ?? recording.response_text ?? JSON.stringify(recording.response));
  const type =
    eventstream_b64 !== undefined
      ? 'application/vnd.amazon.eventstream'
      : stream_format === 'sse'
        ? 'text/event-stream'
        : 'application/json';
  return { status, headers, body, type };
}
