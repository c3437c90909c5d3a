// node --expose-gc router-probe.mjs <what> <rounds> [<argument>]: what a Router adds to a client. Both work in turn, in
// this process, over one scripted transport that answers at once. Prints the medians of the rounds as JSON.
import { median } from './rounds.mjs';
import { KEY, MAX_TOKENS, MESSAGES } from './setup.mjs';
import { createCallm, Router } from '../../dist/index.js';

const [what, rounds, argument] = process.argv.slice(2);
const CHUNKS = 2000;
const encode = (text) => new TextEncoder().encode(text);

const usage = { prompt_tokens: 30, completion_tokens: 200, total_tokens: 230 };
const whole = JSON.stringify({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'gpt-4o',
  choices: [{ index: 0, message: { role: 'assistant', content: 'word '.repeat(180) }, finish_reason: 'stop' }],
  usage,
});
const event = (delta, finish_reason = null) =>
  `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'gpt-4o', choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
const pieces = Array.from({ length: 20 }, () => encode(event({ content: 'word ' }).repeat(CHUNKS / 20)));
const streamed = [encode(event({ role: 'assistant' })), ...pieces, encode(`${event({}, 'stop')}data: [DONE]\n\n`)];

const headers = { 'content-type': 'application/json' };
const transport = {
  async send({ body }) {
    const stream = body.includes('"stream":true');
    let at = 0;
    return {
      status: 200,
      headers: stream ? { 'content-type': 'text/event-stream' } : headers,
      read: () => streamed[at++],
      text: async () => whole,
      cancel() {},
    };
  },
  close: async () => {},
};

const deployment = (n, more = {}) => ({
  model_name: 'group',
  litellm_params: { model: 'openai/gpt-4o', api_key: `${KEY}-${n}`, api_base: 'http://127.0.0.1:1/v1', ...more },
});
const list = (count, more) => Array.from({ length: count }, (_, n) => deployment(n, more?.(n)));
const client = createCallm({ transport });
const asked = { messages: MESSAGES, max_tokens: MAX_TOKENS };
const routed = (count, options = {}, more) => {
  const router = new Router({ client, model_list: list(count, more), ...options });
  return () => router.completion({ model: 'group', ...asked });
};
const bare = () => client.completion({ ...asked, ...deployment(0).litellm_params });

/** CPU microseconds of one call, the mean of so many. */
async function cost(call, count) {
  const before = process.cpuUsage();
  for (let i = 0; i < count; i++) await call();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}

/** What the second needs beyond the first; both work in each round, in turn. */
async function beyond(first, second, { warm, count, per = 1 }) {
  for (let i = 0; i < 4; i++) for (const call of [first, second]) await cost(call, warm / 4);
  const found = { raw: [], callm: [] };
  for (let round = 0; round < Number(rounds); round++) {
    const turn = round % 2 === 0 ? [first, second] : [second, first];
    const costs = new Map();
    for (const call of turn) costs.set(call, (await cost(call, count)) / per);
    found.raw.push(costs.get(first));
    found.callm.push(costs.get(second) - costs.get(first));
  }
  return { raw: median(found.raw), callm: median(found.callm) };
}

const read = (call) => async () => {
  let seen = 0;
  for await (const chunk of await call()) if (chunk.choices[0].delta.content) seen++;
  if (seen !== CHUNKS) throw new Error(`${seen} chunks came instead of ${CHUNKS}`);
};

const kinds = {
  /** A call among so many deployments, with a strategy. */
  call: () => beyond(bare, routed(50, { routing_strategy: argument }), { warm: 8000, count: 1000 }),

  /** A chunk of a stream, with a way to go on. */
  chunk() {
    const router = new Router({ client, model_list: list(50), mid_stream: argument });
    const one = () => client.completion({ ...asked, ...deployment(0).litellm_params, stream: true });
    const other = () => router.completion({ model: 'group', ...asked, stream: true });
    return beyond(read(one), read(other), { warm: 120, count: 15, per: CHUNKS });
  },

  /** A call among 1,000 deployments, against one among two. */
  pick() {
    const more = argument === 'simple-shuffle' ? (n) => ({ weight: 1 + (n % 5) }) : undefined;
    const options = { routing_strategy: argument };
    return beyond(routed(2, options, more), routed(1000, options, more), { warm: 4000, count: 500 });
  },

  /** Milliseconds until 10,000 deployments can be asked. */
  async construct() {
    await routed(2)();
    const times = [];
    for (let round = 0; round < Number(rounds); round++) {
      const model_list = list(10_000);
      const before = performance.now();
      const router = new Router({ client, model_list });
      await router.on('*', () => {});
      times.push(performance.now() - before);
    }
    return { callm: median(times) };
  },

  /** Kilobytes by which the live heap grows over 100,000 calls. */
  async heap() {
    const grown = async (call) => {
      await cost(call, 20_000);
      const before = await collected();
      await cost(call, 100_000);
      return ((await collected()) - before) / 1000;
    };
    return { raw: await grown(bare), callm: await grown(routed(50)) };
  },
};

async function collected() {
  for (let i = 0; i < 4; i++) {
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return process.memoryUsage().heapUsed;
}

process.stdout.write(JSON.stringify(await kinds[what]()));
