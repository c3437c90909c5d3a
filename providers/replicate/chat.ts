/** Language models as predictions: https://replicate.com/docs/reference/http#predictions.create */
import { ProviderFault } from '../../src/core/errors.js';
import type { Call, JsonObject, Next, Transformer } from '../../src/core/spec.js';
import type { ChatCompletion, Usage } from '../../src/types/chat.js';
import { asText, isObject } from '../shared/messages.js';
import { failure } from './errors.js';
import { familyOf, placeOf } from './models.js';
import { paramsOf } from './params.js';
import { writeInput } from './prompt.js';
import { ReplicateDecoder } from './stream.js';

/** Seconds between two looks at a prediction. */
const interval = 0.5;
/** Unfinished; every other status is an end. */
const running: ReadonlySet<unknown> = new Set(['starting', 'processing', 'queued']);

export const chat: Transformer<'chat'> = {
  params: paramsOf,
  request(call, mapped) {
    const { path, version } = placeOf(call.model);
    const body: JsonObject = { input: { ...writeInput(call, familyOf(call.model)), ...mapped } };
    if (version !== undefined) body['version'] = version;
    if (call.stream) body['stream'] = true;
    // The answer waits for the output up to a minute, which saves most calls the polling.
    return { method: 'POST', path, body, ...(call.stream ? {} : { headers: { prefer: 'wait' } }) };
  },
  response: readPrediction,
  stream: { framing: 'sse', decoder: (call) => new ReplicateDecoder(call.model) },
};

function readPrediction(body: unknown, call: Call<'chat'>): ChatCompletion | Next {
  // Not a prediction: the caller of this function says so.
  if (!isObject(body) || typeof body['id'] !== 'string' || typeof body['status'] !== 'string')
    return body as ChatCompletion;
  const { id, status } = body;
  if (status === 'succeeded') return completion(body, call.model);
  if (!running.has(status)) throw new ProviderFault(failure(status, body['error']));
  const urls = isObject(body['urls']) ? body['urls'] : {};
  const stream = asText(urls['stream']);
  if (call.stream && stream !== '') return { next: streamRequest(stream) };
  // By id and not by `urls.get`, so that `api_base` holds for the polling too.
  return { next: { method: 'GET', path: `/predictions/${encodeURIComponent(id)}` }, after: interval };
}

const streamRequest = (url: string): Next['next'] => ({
  method: 'GET',
  path: url,
  headers: { accept: 'text/event-stream', 'cache-control': 'no-store' },
});

function completion(prediction: JsonObject, model: string): ChatCompletion {
  const created = Date.parse(asText(prediction['created_at']));
  const usage = usageOf(prediction['metrics']);
  const fields: JsonObject = {};
  for (const field of ['metrics', 'logs', 'version']) {
    const value = prediction[field];
    if (value !== undefined && value !== null && value !== '') fields[field] = value;
  }
  return {
    id: asText(prediction['id']),
    object: 'chat.completion',
    created: Number.isNaN(created) ? 0 : Math.floor(created / 1000),
    model: asText(prediction['model']) || model,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: outputText(prediction['output']), refusal: null },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    ...(usage ? { usage } : {}),
    ...(Object.keys(fields).length > 0 ? { provider_specific_fields: fields } : {}),
  };
}

/** Language models give a list of pieces to be joined, or one text. */
function outputText(output: unknown): string {
  if (typeof output === 'string') return output;
  if (output === null || output === undefined) return '';
  if (Array.isArray(output) && output.every((piece) => typeof piece === 'string')) return output.join('');
  return JSON.stringify(output);
}

function usageOf(metrics: unknown): Usage | undefined {
  if (!isObject(metrics)) return undefined;
  const count = (...names: string[]): number | undefined => {
    for (const name of names) if (typeof metrics[name] === 'number') return metrics[name];
    return undefined;
  };
  const input = count('input_token_count', 'token_input_count');
  const output = count('output_token_count', 'token_output_count');
  if (input === undefined && output === undefined) return undefined;
  const [prompt, answer] = [input ?? 0, output ?? 0];
  return {
    prompt_tokens: prompt,
    completion_tokens: answer,
    total_tokens: prompt + answer,
    provider_specific_fields: { usage: metrics },
  };
}
