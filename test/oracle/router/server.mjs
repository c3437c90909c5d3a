// One server on loopback, shaped like OpenAI's, that plays every deployment by a script. A deployment is a path:
// POST /d/<id>/chat/completions takes the next step of <id>'s script; the last step repeats. Both sides are run
// against this file, so the scripts mean the same to both.
//
//   PUT /script   { <id>: [step, ...] }   replaces the scripts of these deployments
//   GET /log                              what came since the last look, and forgets it
//
// A step is a word, a status, or an object { step, ... } with `delay` (seconds before the answer), `retry_after`
// (header), `tokens` (of the usage). Words: ok, filtered, context, policy, policy_code, quota, html, hang, reset; for requests with
// `stream`: cut (after content), cut_early (after the role alone), event (an error in the first event).
import { createServer } from 'node:http';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

const errors = {
  context: [
    400,
    {
      message: "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
      type: 'invalid_request_error',
      param: 'messages',
      code: 'context_length_exceeded',
    },
  ],
  policy: [
    400,
    {
      message: 'Invalid prompt: your prompt was flagged as potentially violating our usage policy.',
      type: 'invalid_request_error',
      param: null,
      code: 'invalid_prompt',
    },
  ],
  policy_code: [
    400,
    {
      message: 'The prompt cannot be answered.',
      type: 'invalid_request_error',
      param: null,
      code: 'content_policy_violation',
    },
  ],
  quota: [
    429,
    {
      message: 'You exceeded your current quota, please check your plan and billing details.',
      type: 'insufficient_quota',
      param: null,
      code: 'insufficient_quota',
    },
  ],
};

const types = { 400: 'bad_request', 401: 'authentication_error', 404: 'not_found', 429: 'requests' };

export async function startServer() {
  const scripts = new Map();
  const flying = new Map();
  let log = [];

  const server = createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => void take(request, response, Buffer.concat(chunks).toString('utf8')));
  });

  async function take(request, response, text) {
    const body = text === '' ? undefined : JSON.parse(text);
    if (request.url === '/script') {
      for (const [id, steps] of Object.entries(body)) scripts.set(id, [...steps]);
      return reply(response, 200, {});
    }
    if (request.url === '/log') {
      const rows = log;
      log = [];
      return reply(response, 200, rows);
    }
    const [, id] = /^\/d\/([^/]+)\/chat\/completions$/.exec(request.url ?? '') ?? [];
    if (id === undefined) return reply(response, 404, { error: { message: `nothing is served at ${request.url}` } });
    return answer(id, body, request, response);
  }

  async function answer(id, body, request, response) {
    const steps = scripts.get(id) ?? ['ok'];
    const given = steps.length > 1 ? steps.shift() : steps[0];
    const step = typeof given === 'object' ? given : { step: given };
    const row = {
      deployment: id,
      start: performance.now(),
      retry_after: step.retry_after ?? null,
      api_key: request.headers.authorization?.replace('Bearer ', '') ?? null,
      body,
    };
    log.push(row);
    flying.set(id, (flying.get(id) ?? 0) + 1);
    row.flying = flying.get(id);
    response.on('close', () => {
      row.end = performance.now();
      flying.set(id, flying.get(id) - 1);
    });
    if (step.delay !== undefined) await sleep(step.delay * 1000);
    await play(id, step, body, response);
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    base: `http://127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (server.address()).port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function play(id, { step, retry_after, tokens = 15 }, body, response) {
  const headers = retry_after === undefined ? {} : { 'retry-after': String(retry_after) };
  if (step === 'hang') return;
  if (step === 'reset') return void response.socket?.destroy();
  if (step === 'html') return void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Sorry</html>');
  if (typeof step === 'number')
    return reply(
      response,
      step,
      { error: { message: `${id} says ${step}`, type: types[step] ?? 'server_error' } },
      headers,
    );
  if (step in errors) {
    const [status, error] = errors[step];
    return reply(response, status, { error }, headers);
  }
  if (body.stream === true) return stream(id, step, tokens, body, response);
  const usage = { prompt_tokens: tokens - 5, completion_tokens: 5, total_tokens: tokens };
  return reply(response, 200, {
    ...common(id, body),
    object: 'chat.completion',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: `from ${id}`, refusal: null },
        logprobs: null,
        finish_reason: step === 'filtered' ? 'content_filter' : 'stop',
      },
    ],
    usage,
  });
}

async function stream(id, step, tokens, body, response) {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const send = (data) => response.write(`data: ${JSON.stringify(data)}\n\n`);
  /** @param {string | null} finish_reason */
  const chunk = (delta, finish_reason = null) =>
    send({
      ...common(id, body),
      object: 'chat.completion.chunk',
      choices: [{ index: 0, delta, logprobs: null, finish_reason }],
    });
  if (step === 'event') {
    send({ error: { message: `${id} is overloaded`, type: 'server_error', code: null } });
    return void response.end();
  }
  chunk({ role: 'assistant', content: '' });
  if (step !== 'cut_early') chunk({ content: `from` });
  if (step === 'cut' || step === 'cut_early') {
    // What was written is to arrive before the break.
    await sleep(30);
    return void response.socket?.destroy();
  }
  chunk({ content: ` ${id}` });
  chunk({}, step === 'filtered' ? 'content_filter' : 'stop');
  if (body.stream_options?.include_usage === true)
    send({
      ...common(id, body),
      object: 'chat.completion.chunk',
      choices: [],
      usage: { prompt_tokens: tokens - 5, completion_tokens: 5, total_tokens: tokens },
    });
  response.end('data: [DONE]\n\n');
}

const common = (id, body) => ({ id: `chatcmpl-${id}`, created: 1_700_000_000, model: body.model });

function reply(response, status, body, headers = {}) {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const server = await startServer();
  console.log(server.base);
  // It lives as long as whoever started it holds its input open.
  process.stdin.on('end', () => process.exit(0)).resume();
}
