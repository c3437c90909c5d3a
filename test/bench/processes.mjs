// Starting the server and the contenders.
import { fork, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const here = (path) => fileURLToPath(new URL(path, import.meta.url));

export const callmBuilt = existsSync(here('../../dist/index.js'));

/**
 * Raw undici, callm and its peers. `share`: the part of a round's work that is enough for those who need longer for it;
 * `wires`: where a peer can take part.
 */
export const contenders = {
  raw: { file: 'raw', share: 1 },
  callm: { file: 'callm', share: 1 },
  openai: { file: 'openai', share: 0.35, wires: ['openai'] },
  ai: { file: 'ai-sdk', share: 0.2, wires: ['openai', 'anthropic', 'gemini'] },
  base64: { file: 'raw-base64', share: 1, wires: [] }, // asked for by name, on embeddings
};

// Loopback must not go through a proxy, and nobody's settings may reach one contender and not another.
const env = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) =>
      !/_proxy$/i.test(name) && !/^(OPENAI|ANTHROPIC|GOOGLE|GCLOUD|GEMINI|VERTEX|VERTEXAI|AWS|NODE)_/.test(name),
  ),
);

const PATIENCE = 180;

/** The next message of a child, or a rejection when it reports an error, dies or keeps silent for three minutes. */
function message(child) {
  return new Promise((resolve, reject) => {
    const settle = (action, value) => {
      clearTimeout(timer);
      child.off('message', received);
      child.off('exit', exited);
      action(value);
    };
    const received = (value) => (value.error ? settle(reject, new Error(value.error)) : settle(resolve, value));
    const exited = (code, signal) => settle(reject, new Error(`its process ended early (${signal ?? code})`));
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      settle(reject, new Error(`it did not finish within ${PATIENCE} seconds`));
    }, PATIENCE * 1000);
    child.once('message', received);
    child.once('exit', exited);
  });
}

/** Ends a child: it exits when its channel closes. */
function leave(child) {
  if (child.connected) child.disconnect();
}

/** `{ origin, stop }` of a freshly started server. */
export async function startServer() {
  const child = fork(here('server.mjs'), { env, execArgv: [] });
  const { port } = await message(child);
  return { origin: `http://127.0.0.1:${port}`, stop: () => leave(child) };
}

/** `{ round, stop }`: `round(options)` lets the contender work once and resolves with its number. */
export async function startWorker(job, execArgv = []) {
  const child = fork(here('worker.mjs'), [JSON.stringify(job)], { env, execArgv });
  await message(child);
  return {
    async round(options) {
      const answer = message(child);
      child.send(options);
      return (await answer).value;
    },
    stop: () => leave(child),
  };
}

/** Runs a script in a fresh Node and parses the JSON it prints. */
export function runScript(file, args, flags = []) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...flags, here(file), ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let problem = '';
    child.stdout.on('data', (bytes) => (out += bytes));
    child.stderr.on('data', (bytes) => (problem += bytes));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(JSON.parse(out));
      else reject(new Error(/^\w*Error\b.*/m.exec(problem)?.[0] ?? `${file} ended with code ${code}`));
    });
  });
}
