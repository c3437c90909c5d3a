// npm run oracle -- [vendor …] [--show]
// For the same intent: what the vendor's own SDK sends, and what callm sends, compared by meaning. The exit code is 1
// when a difference is not decided, a side failed, or a decision meets nothing any more. `--show` prints both requests
// of every case that differs.
import { existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { differences, meaning } from './compare.mjs';
import { decisionOn, unmet } from './decisions.mjs';
import { intents } from './intents.mjs';
import { startRecorder } from './recorder.mjs';

// Nothing of this machine may show in a request: no keys, proxies, profiles or addresses.
for (const name of Object.keys(process.env)) if (name !== 'PATH') delete process.env[name];
process.env.AWS_CONFIG_FILE = process.env.AWS_SHARED_CREDENTIALS_FILE = '/nonexistent';
process.env.AWS_EC2_METADATA_DISABLED = 'true';
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

const all =
  'openai azure anthropic anthropic_2023 gemini cohere mistral bedrock ollama replicate voyage huggingface'.split(' ');
const { values: flags, positionals } = parseArgs({
  options: { show: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const chosen = positionals.length > 0 ? positionals : all;
const unknown = chosen.filter((name) => !all.includes(name));
if (unknown.length > 0) {
  console.error(`No such vendor: ${unknown.join(', ')}. There are: ${all.join(', ')}.`);
  process.exit(2);
}
const built = new URL('../../dist/index.js', import.meta.url);
if (!existsSync(built)) {
  console.error('There is no dist/: run `npm run build` first.');
  process.exit(2);
}
const { createCallm } = await import(built.href);

const versionOf = (name) =>
  JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url), 'utf8')).version;
const shown = (value) => (value === undefined ? 'nothing' : JSON.stringify(value));
const short = (text) => (text.length > 160 ? `${text.slice(0, 157)}...` : text);

const recorder = await startRecorder();
const counts = { equal: 0, decided: 0, DIFFERS: 0, FAILED: 0 };

for (const id of chosen) {
  const { [id]: vendor } = await import(`./vendors/${id}.mjs`);
  console.log(`\n${id}: ${vendor.package} ${versionOf(vendor.package)}`);
  const clients = {
    callm: createCallm(vendor.clientOptions?.(recorder.base)),
    sdk: vendor.connect(recorder.base),
  };
  for (const [name, given] of Object.entries(vendor.cases)) {
    const row = typeof given === 'function' ? { sdk: given } : given;
    await runCase({ id, ...vendor }, clients, name, { model: vendor.model, ...intents[name], ...row });
  }
}
recorder.close();

async function runCase(vendor, clients, name, { endpoint, params, model, sdk }) {
  const label = `  ${name.padEnd(30)}`;
  let sent;
  try {
    const input = { ...params, ...vendor.options(recorder.base), model: `${vendor.name}/${model}`, num_retries: 0 };
    sent = {
      callm: await record(vendor, 'callm', () => clients.callm[endpoint](input)),
      sdk: await record(vendor, 'the SDK', () => sdk(clients.sdk)),
    };
  } catch (error) {
    counts.FAILED += 1;
    console.log(`${label}FAILED  ${error instanceof Error ? error.message : String(error)}`);
    return;
  }
  const rows = differences(sent.callm, sent.sdk).map((found) => ({
    ...found,
    reason: decisionOn(vendor.id, name, found)?.reason,
  }));
  const open = rows.filter(({ reason }) => reason === undefined);
  const verdict = rows.length === 0 ? 'equal' : open.length === 0 ? 'decided' : 'DIFFERS';
  counts[verdict] += 1;
  console.log(`${label}${verdict}`);
  for (const { path, callm: ours, sdk: theirs, reason } of rows)
    if (reason !== undefined) console.log(`    ${path}: decided (${reason})`);
    else console.log(`    ${path}: callm ${short(shown(ours))}, the SDK ${short(shown(theirs))}`);
  if (flags.show && open.length > 0) console.log(JSON.stringify(sent, null, 2));
}

/** The meaning of the one request that a side sends. */
async function record({ answer, ignored, defaults }, who, run) {
  const requests = await recorder.record(answer, () =>
    run().catch((error) => {
      throw new Error(`${who}: ${error.message}`, { cause: error });
    }),
  );
  const kept = requests.filter(({ url }) => !ignored?.test(url));
  if (kept.length !== 1) throw new Error(`${who} sent ${kept.length} requests`);
  return meaning(kept[0], defaults);
}

const stale = unmet(chosen);
for (const row of stale)
  console.log(`\nA decision meets nothing: ${row.vendors.join(', ')}: ${shown(row.cases)}: ${row.path}`);
const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
console.log(
  `\n${total} cases of ${chosen.length} vendors: ${counts.equal} equal, ${counts.decided} decided, ` +
    `${counts.DIFFERS} differ, ${counts.FAILED} failed; ${stale.length} decisions meet nothing`,
);
process.exitCode = counts.DIFFERS + counts.FAILED + stale.length > 0 ? 1 : 0;
