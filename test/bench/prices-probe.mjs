// node prices-probe.mjs <bills>: loads the built price list, makes out bills, and prints CPU and memory.
const [bills] = process.argv.slice(2);
const rounds = Number(bills);

const cpu = () => {
  const { user, system } = process.cpuUsage();
  return user + system;
};
async function costOf(work, times) {
  const before = cpu();
  await work(times);
  return (cpu() - before) / times;
}

/** The same work at any time: a microsecond or so on a quiet machine. */
function fixedLoop(times) {
  let sum = 0;
  for (let round = 0; round < times; round++) for (let at = 0; at < 1000; at++) sum = (sum * 31 + at) >>> 0;
  return sum;
}

const { completionCost, createCallm } = await import('../../dist/index.js');
globalThis.gc?.();
const before = process.memoryUsage();
const start = cpu();
await completionCost({ model: 'gpt-4o', usage: { prompt_tokens: 1, completion_tokens: 1 } });
const load = (cpu() - start) / 1000;
globalThis.gc?.();
const after = process.memoryUsage();
const mega = (bytes) => Math.max(bytes, 0) / 1e6;

const inputs = {
  'input and output': { model: 'gpt-4o', usage: { prompt_tokens: 1200, completion_tokens: 300, total_tokens: 1500 } },
  'cached, thought, searched': {
    model: 'claude-sonnet-4-5',
    custom_llm_provider: 'anthropic',
    usage: {
      prompt_tokens: 9000,
      completion_tokens: 800,
      total_tokens: 9800,
      prompt_tokens_details: {
        cached_tokens: 6000,
        cache_creation_tokens: 900,
        cache_creation_token_details: { ephemeral_5m_input_tokens: 600, ephemeral_1h_input_tokens: 300 },
      },
      completion_tokens_details: { reasoning_tokens: 500 },
      server_tool_use: { web_search_requests: 2 },
    },
  },
  'above a threshold': {
    model: 'gemini-2.5-pro',
    custom_llm_provider: 'gemini',
    usage: { prompt_tokens: 250_000, completion_tokens: 900, total_tokens: 250_900 },
  },
};
const out = { load, heap: mega(after.heapUsed + after.external - before.heapUsed - before.external), bills: {} };
const { loadPrices } = await import('../../dist/prices.js');
const prices = await loadPrices();
out.resident = mega(after.rss - before.rss);
fixedLoop(2000);
out.loop = await costOf(fixedLoop, 20_000);
for (const [kind, input] of Object.entries(inputs)) {
  const work = (times) => {
    for (let round = 0; round < times; round++) prices.explainCost(input);
  };
  work(3000);
  out.bills[kind] = await costOf(work, rounds);
}

const call = { model: 'openai/gpt-4o', messages: [{ role: 'user', content: 'Hi' }] };
const answer = JSON.stringify({
  id: 'x',
  object: 'chat.completion',
  created: 1,
  model: 'gpt-4o',
  choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Noon.' } }],
  usage: inputs['input and output'].usage,
});
const clientWith = (options) =>
  createCallm({
    env: {},
    api_key: 'key',
    num_retries: 0,
    ...options,
    transport: () =>
      Promise.resolve({
        status: 200,
        headers: { 'content-type': 'application/json' },
        text: () => Promise.resolve(answer),
        read: () => undefined,
        cancel() {},
      }),
  });
const work = (client) => async (times) => {
  for (let round = 0; round < times; round++) await client.completion(call);
};
const [priced, empty] = [work(clientWith({ prices })), work(clientWith({ prices: {} }))];
await priced(1000);
await empty(1000);
const differences = [];
for (let round = 0; round < 7; round++) differences.push((await costOf(priced, 2000)) - (await costOf(empty, 2000)));
out.call = differences.sort((a, b) => a - b)[3];
process.stdout.write(JSON.stringify(out));
