// Plays a scenario over callm's Router and tells what was seen, as router_oracle.py does for LiteLLM's.
import { setTimeout as sleep } from 'node:timers/promises';
import { startServer } from './server.mjs';

const patience = 20;
/** Seconds after a call in which what it set going may settle. */
const settle = 0.12;

/** @typedef {{ model: string, options?: Record<string, any>, stream?: boolean, [more: string]: any }} Call */

/** What is seen of `scenario`: like the facts of LiteLLM's side, and `attempts` where they are not the requests sent. */
export async function observe(Router, scenario) {
  const server = await startServer();
  try {
    return await play(Router, scenario, server.base);
  } finally {
    server.close();
  }
}

async function play(Router, scenario, base) {
  const ids = scenario.model_list.map((entry) => entry.model_info.id);
  const model_list = scenario.model_list.map((entry) => ({
    ...entry,
    litellm_params: { ...entry.litellm_params, api_base: base + entry.litellm_params.api_base },
  }));
  // Counters are kept by the minute: the scenario is not to straddle one.
  if (scenario.minute) while (new Date().getSeconds() > 45) await sleep(500);
  await http(base, '/script', { ...Object.fromEntries(ids.map((id) => [id, ['ok']])), ...scenario.script });
  let router;
  try {
    router = new Router({ model_list, ...scenario.settings });
  } catch (error) {
    return { refused: tell(error) };
  }
  /** @type {{ calls: object[], serving?: Record<string, string[]> }} */
  const facts = { calls: [] };
  for (const call of scenario.calls) {
    await sleep((call.wait ?? 0) * 1000);
    facts.calls.push(await (call.times === undefined ? single : many)(router, base, call));
    await sleep(settle * 1000);
  }
  for (const group of scenario.probe ?? []) {
    await http(base, '/script', Object.fromEntries(ids.map((id) => [id, ['ok']])));
    const size = model_list.filter(({ model_name }) => model_name === group).length;
    const probe = { model: group, options: { num_retries: 0, disable_fallbacks: true } };
    for (let turn = 0; turn < (size === 1 ? 1 : 30 * (size - 1)); turn += 1) await oneCall(router, base, probe);
    const rows = await http(base, '/log');
    facts.serving = { ...facts.serving, [group]: sorted(rows.map((row) => row.deployment)) };
  }
  await router.close();
  return facts;
}

/**
 * The outcome of one call as text (what was said, or the error; of a broken stream both), and its rows of attempts.
 * @param {Call} call
 */
async function oneCall(router, base, call) {
  const { model, options = {}, stream } = call;
  /** @type {Record<string, any>} */
  const input = { messages: [{ role: 'user', content: 'Hello' }], ...options, model };
  if (String(input.api_base ?? '').startsWith('/')) input.api_base = base + input.api_base;
  if (stream) input.stream = true;
  let said = '';
  /** @type {{ deployment?: string }[] | undefined} */
  let attempts;
  const run = async () => {
    const answer = await router.completion(input);
    if (!stream) said = answer.choices[0].message.content;
    else for await (const chunk of answer) said += chunk.choices[0]?.delta.content ?? '';
    attempts = answer._hidden_params.attempts;
  };
  const giveUp = new AbortController();
  const late = sleep(patience * 1000, 'never ends', { signal: giveUp.signal }).catch(() => 'never ends');
  const ended = run().then(
    () => said || 'nothing said',
    (error) => {
      attempts = error.attempts;
      return said === '' ? tell(error) : `${said} + ${tell(error)}`;
    },
  );
  const outcome = await Promise.race([ended, late]);
  giveUp.abort();
  return { outcome, attempts: (attempts ?? []).map((row) => row.deployment) };
}

const tell = (error) => error.name + (error.status_code === undefined ? '' : ` ${error.status_code}`);

async function single(router, base, call) {
  const { outcome, attempts } = await oneCall(router, base, call);
  const rows = await http(base, '/log');
  const ids = rows.map((row) => row.deployment);
  const fact = { hits: call.numbered ? numbered(ids) : ids, outcome };
  const served = outcome.replace(/^from /, '');
  if (call.numbered && ids.includes(served)) fact.outcome = `from ${numbered(ids)[ids.indexOf(served)]}`;
  if (call.waits) fact.waits = waited(rows, call.waits);
  if (call.sent) fact.sent = rows.map((row) => fields(row, call.sent));
  if (attempts.join() !== ids.join()) fact.attempts = attempts;
  return fact;
}

async function many(router, base, call) {
  const outcomes = [];
  /** @type {string[][]} */
  const perCall = [];
  /** @type {any[]} */
  let rows = [];
  const each = async (start = 0) => {
    await sleep(start * 1000);
    outcomes.push((await oneCall(router, base, call)).outcome);
  };
  if (call.together) {
    await Promise.all(Array.from({ length: call.times }, (_, turn) => each(turn * (call.every ?? 0))));
    rows = await http(base, '/log');
  } else {
    for (let turn = 0; turn < call.times; turn += 1) {
      await each();
      const mine = await http(base, '/log');
      perCall.push(mine.map((row) => row.deployment));
      rows.push(...mine);
      if (call.pause) await sleep(call.pause * 1000);
    }
  }
  const ids = rows.map((row) => row.deployment);
  const counts = countOf(ids);
  const fact = call.together
    ? { requests: ids.length, outcomes: countOf(outcomes) }
    : {
        hit: Object.keys(counts),
        most: Math.max(...perCall.map((hits) => hits.length)),
        outcomes: sorted(outcomes),
        repeats: perCall.some((hits) => new Set(hits).size < hits.length),
      };
  const byDeployment = (of) => Object.fromEntries(Object.keys(counts).map((id) => [id, of(id)]));
  if (call.share) fact.share = byDeployment((id) => Math.round((counts[id] / ids.length) * 100) / 100);
  if (call.counts) fact.counts = counts;
  if (call.peak)
    fact.peak = byDeployment((id) => Math.max(...rows.filter((row) => row.deployment === id).map((row) => row.flying)));
  if (call.sent) fact.sent = rows.slice(0, 1).map((row) => fields(row, call.sent));
  return fact;
}

/** How long before each further request; `floor`: seconds to be waited at least, if not true. */
function waited(rows, floor) {
  return rows.slice(1).map((row, index) => {
    const before = rows[index];
    const gap = (row.start - before.end) / 1000;
    const told = before.deployment === row.deployment ? Number(before.retry_after ?? 0) : 0;
    if (told > 0) return gap >= told - 0.02 ? 'as told' : 'before told';
    if (floor !== true) return gap >= floor - 0.02 ? 'long enough' : 'too short';
    return gap < 0.35 ? 'at once' : 'some';
  });
}

/** Names by order of appearance, where chance chose the first. */
function numbered(ids) {
  const seen = [...new Set(ids)];
  return ids.map((id) => `#${seen.indexOf(id) + 1}`);
}

function fields({ body, api_key }, wanted) {
  if (wanted === 'names') return Object.keys(body).toSorted();
  return Object.fromEntries(wanted.map((name) => [name, (name === 'api_key' ? api_key : body[name]) ?? null]));
}

/** @param {string[]} values */
const sorted = (values) => Array.from(new Set(values)).toSorted((one, other) => (one < other ? -1 : 1));
const countOf = (values) =>
  Object.fromEntries(sorted(values).map((value) => [value, values.filter((other) => other === value).length]));

async function http(base, path, body) {
  const response = await fetch(base + path, body === undefined ? {} : { method: 'PUT', body: JSON.stringify(body) });
  return response.json();
}
