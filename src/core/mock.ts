/** Answers without a network: `mock_response`, `mock_tool_calls`, `mock_timeout`, `mock_delay`, as in LiteLLM. */
import type { ResolvedCall } from './call.js';
import { Limits, Stop } from './clock.js';
import type { EndpointSpec } from './endpoint.js';
import { type CallmError, errorClass } from './errors.js';
import { toFailure } from './failure.js';
import { prepare } from './prepare.js';
import { type Environment, finish } from './run.js';
import { asStream } from './streaming.js';
import type { Endpoint, ErrorKind, JsonObject, Output, Result } from './spec.js';
import { isObject, refuse } from './validate.js';

/** LiteLLM's strings that stand for an error. */
const magic: Record<string, ErrorKind> = {
  'litellm.RateLimitError': 'rate_limit',
  'litellm.ContextWindowExceededError': 'context_window',
  'litellm.ContentPolicyViolationError': 'content_policy',
  'litellm.InternalServerError': 'server',
  'litellm.AuthenticationError': 'authentication',
  'litellm.Timeout': 'timeout',
};

const usage = { prompt_tokens: 10, completion_tokens: 20, total_tokens: 30 };
const pieceLength = 3;

/** Runs a mocked call; streams too. */
export async function executeMock<E extends Endpoint>(
  environment: Environment,
  endpoint: EndpointSpec<E>,
  call: ResolvedCall<E>,
): Promise<Output<E>> {
  const limits = new Limits(call.options.signal, call.options.deadline);
  try {
    limits.check();
    const now = environment.now();
    const { call: prepared, structured } = await prepare(environment, call, undefined);
    const result = await mock(prepared, limits, now);
    const problem = endpoint.problem(result);
    if (problem !== undefined)
      refuse('mock_response', call.options.mock_response, `must be a response of the endpoint, not ${problem}`);
    if (structured !== undefined) await structured.apply(result as never);
    const run = { environment, endpoint, call: prepared, limits, attempts: [], structured, started: performance.now() };
    const finished = finish(run, result, {}, await environment.pricing?.load());
    return call.params['stream'] === true && endpoint.streaming !== undefined
      ? await asStream(run, limits.begin(), finished, (chunks) => pieces(chunks as never) as never)
      : finished;
  } catch (error) {
    throw toFailure(error, { call, secrets: [], now: environment.now() });
  } finally {
    limits.release();
  }
}

/** The mocked result of a call; rejects where the mock is an error. */
async function mock<E extends Endpoint>(call: ResolvedCall<E>, limits: Limits, now: number): Promise<Result<E>> {
  const { options } = call;
  if (options.mock_delay !== undefined) await limits.sleep(options.mock_delay);
  if (options.mock_timeout === true) {
    const seconds =
      typeof options.timeout === 'number'
        ? options.timeout
        : (options.timeout?.total ?? options.timeout?.first_token ?? 0);
    await limits.sleep(seconds);
    throw new Stop(call.stream ? 'first_token' : 'total', seconds);
  }
  const given = options.mock_response;
  if (given instanceof Error) throw given;
  if (typeof given === 'string' && magic[given] !== undefined) {
    const Failure = errorClass({ message: '', kind: magic[given] }, undefined) as new (
      message: string,
      options: object,
    ) => CallmError;
    throw new Failure(`mocked: ${given.slice('litellm.'.length)}`, {
      llm_provider: call.llm_provider,
      model: call.model,
    });
  }
  if (isObject(given)) return structuredClone(given) as unknown as Result<E>;
  if (call.endpoint === 'embeddings') return mockEmbeddings(call, given) as unknown as Result<E>;
  if (call.endpoint === 'rerank') return mockRerank(call) as unknown as Result<E>;
  if (call.endpoint === 'count_tokens') return { input_tokens: 10 } as unknown as Result<E>;
  if (given !== undefined && typeof given !== 'string')
    refuse('mock_response', given, 'must be a text, a response object or an Error');
  return mockChat(call, given, now) as unknown as Result<E>;
}

function mockChat(call: ResolvedCall<Endpoint>, text: string | undefined, now: number): JsonObject {
  const tools = call.options.mock_tool_calls;
  const count = typeof call.params['n'] === 'number' ? call.params['n'] : 1;
  return {
    id: `chatcmpl-${crypto.randomUUID()}`,
    object: 'chat.completion',
    created: Math.floor(now / 1000),
    model: call.model,
    choices: Array.from({ length: count }, (_, index) => ({
      index,
      finish_reason: tools === undefined ? 'stop' : 'tool_calls',
      logprobs: null,
      message: {
        role: 'assistant',
        content: text ?? null,
        refusal: null,
        ...(tools !== undefined && { tool_calls: tools.map((tool, position) => completeTool(tool, position)) }),
      },
    })),
    usage: { ...usage },
  };
}

function completeTool(tool: unknown, position: number): JsonObject {
  if (!isObject(tool)) refuse(`mock_tool_calls[${position}]`, tool, 'must be a tool call object');
  const { index: _, ...rest } = tool;
  return { id: `call_${position}`, type: 'function', ...rest };
}

function mockEmbeddings(call: ResolvedCall<Endpoint>, given: unknown): JsonObject {
  const { input } = call.params;
  const count = Array.isArray(input) && typeof input[0] !== 'number' ? input.length : 1;
  const vector = Array.isArray(given) ? (given as number[]) : [0.1, 0.2, 0.3];
  return {
    object: 'list',
    model: call.model,
    data: Array.from({ length: count }, (_, index) => ({ object: 'embedding', index, embedding: vector })),
    usage: { prompt_tokens: 10, total_tokens: 10 },
  };
}

function mockRerank(call: ResolvedCall<Endpoint>): JsonObject {
  const documents = call.params['documents'] as unknown[];
  const top = typeof call.params['top_n'] === 'number' ? call.params['top_n'] : documents.length;
  return {
    id: crypto.randomUUID(),
    results: documents.slice(0, top).map((_, index) => ({ index, relevance_score: 1 / (index + 1) })),
    meta: { billed_units: { search_units: 1 } },
  };
}

/** A mocked text streams in pieces of three characters, as LiteLLM's do. */
function pieces<C extends { choices: { index: number; delta: { content?: string | null }; finish_reason: unknown }[] }>(
  chunks: C[],
): C[] {
  return chunks.flatMap((chunk) => {
    const choice = chunk.choices[0];
    const content = choice?.delta.content;
    if (choice === undefined || typeof content !== 'string' || content.length <= pieceLength) return [chunk];
    return Array.from({ length: Math.ceil(content.length / pieceLength) }, (_, at) => ({
      ...chunk,
      choices: [
        {
          ...choice,
          delta:
            at === 0
              ? { ...choice.delta, content: content.slice(0, pieceLength) }
              : { content: content.slice(at * pieceLength, (at + 1) * pieceLength) },
        },
      ],
    }));
  });
}
