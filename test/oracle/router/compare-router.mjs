// npm run oracle:router -- [scenario …] [--show]
// Plays the scenarios over callm's Router and compares with what LiteLLM's was seen to do. The exit code is 1 when a
// difference is not decided, a scenario failed, or a decision meets nothing any more. `--show` prints all that was seen
// of what differs.
import { existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { same } from '../compare.mjs';
import { observe } from './observe.mjs';
import { scenarios } from './scenarios.mjs';

/** Scenarios that run beside each other: most of their time is waiting. */
const width = 4;
/** How far shares may lie apart by chance. */
const tolerance = 0.08;

const read = (name) => JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8'));
const { values: flags, positionals } = parseArgs({
  options: { show: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const unknown = positionals.filter((name) => !(name in scenarios));
if (unknown.length > 0) {
  console.error(`No such scenario: ${unknown.join(', ')}.`);
  process.exit(2);
}
const built = new URL('../../../dist/index.js', import.meta.url);
if (!existsSync(built)) {
  console.error('There is no dist/: run `npm run build` first.');
  process.exit(2);
}
const { Router } = await import(built.href);
if (Router === undefined) {
  console.log('callm exports no Router: nothing was compared.');
  process.exit(0);
}

const { litellm: version, facts } = read('router-facts.json');
const decisions = read('decisions.json').map((row) => ({ ...row, met: false }));
const chosen = positionals.length > 0 ? positionals : Object.keys(scenarios);
const counts = { equal: 0, decided: 0, DIFFERS: 0, FAILED: 0 };
console.log(`LiteLLM ${version}`);

const seen = new Map();
const queue = [...chosen];
const worker = async () => {
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    seen.set(
      name,
      await observe(Router, scenarios[name]).catch((error) => ({ failed: `${error.name}: ${error.message}` })),
    );
  }
};
await Promise.all(Array.from({ length: width }, worker));
for (const name of chosen) report(name, seen.get(name));

function report(name, ours) {
  const theirs = facts[name];
  const label = `  ${name.padEnd(58)}`;
  const failed = theirs === undefined ? 'LiteLLM was not asked: run router_oracle.py' : (ours.failed ?? theirs.failed);
  if (failed !== undefined) {
    counts.FAILED += 1;
    console.log(`${label}FAILED  ${failed}`);
    return;
  }
  const rows = differences(ours, theirs).map((found) => ({ ...found, reason: decisionOn(name, found)?.reason }));
  const open = rows.filter(({ reason }) => reason === undefined);
  const verdict = rows.length === 0 ? 'equal' : open.length === 0 ? 'decided' : 'DIFFERS';
  counts[verdict] += 1;
  console.log(`${label}${verdict}`);
  for (const { path, callm, litellm, reason } of rows)
    if (reason !== undefined) console.log(`    ${path}: decided (${reason})`);
    else console.log(`    ${path}: callm ${shown(callm)}, LiteLLM ${shown(litellm)}`);
  if (flags.show && open.length > 0) console.log(JSON.stringify({ callm: ours, litellm: theirs }, null, 2));
}

/** Where the two differ: `{ path, callm, litellm }`. Which deployments LiteLLM says are cooling stands for itself. */
function differences(ours, theirs) {
  const [callm, litellm] = [flat(ours), flat(theirs)];
  return [...new Set([...Object.keys(callm), ...Object.keys(litellm)])]
    .filter((path) => !near(path, callm[path], litellm[path]))
    .map((path) => ({ path, callm: callm[path], litellm: litellm[path] }));
}

function near(path, one, other) {
  if (!path.endsWith('.share') || one === undefined || other === undefined) return same([one], [other]);
  return Object.keys({ ...one, ...other }).every((id) => Math.abs((one[id] ?? 0) - (other[id] ?? 0)) <= tolerance);
}

function flat({ calls = [], cooling: _cooling, serving = {}, ...rest }) {
  const rows = { ...rest };
  for (const [index, call] of calls.entries())
    for (const [name, value] of Object.entries(call)) rows[`calls[${index}].${name}`] = value;
  for (const [group, ids] of Object.entries(serving)) rows[`serving.${group}`] = ids;
  return rows;
}

/** The decision on a difference; it holds for the values that it names alone. `[*]` in a path is any call. */
function decisionOn(name, { path, callm, litellm }) {
  const row = decisions.find(
    (decided) =>
      (decided.scenarios === '*' || decided.scenarios.includes(name)) &&
      (decided.path === path || decided.path === path.replace(/\[\d+\]/, '[*]')) &&
      same([decided.callm], [callm]) &&
      same([decided.litellm], [litellm]),
  );
  if (row !== undefined) row.met = true;
  return row;
}

function shown(value) {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > 160 ? `${text.slice(0, 157)}...` : text;
}

const stale = decisions.filter(
  ({ met, scenarios: names }) =>
    !met && (names === '*' ? positionals.length === 0 : names.some((name) => chosen.includes(name))),
);
for (const row of stale) console.log(`\nA decision meets nothing: ${shown(row.scenarios)}: ${row.path}`);
console.log(
  `\n${chosen.length} scenarios: ${counts.equal} equal, ${counts.decided} decided, ${counts.DIFFERS} differ, ` +
    `${counts.FAILED} failed; ${stale.length} decisions meet nothing`,
);
process.exitCode = counts.DIFFERS + counts.FAILED + stale.length > 0 ? 1 : 0;
