/**
 * Runs programs one after the other in this process. Argument: a JSON file with the address of the embedded server and
 * the programs as `[name, file]`; the outcomes go to the file named there.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { Agent } from 'undici';

const { server, programs, outcomes: target, limit } = JSON.parse(readFileSync(process.argv[2], 'utf8'));

const vendors = {
  'api.openai.com': '/openai',
  'api.anthropic.com': '/anthropic',
  'generativelanguage.googleapis.com': '/gemini',
  'api.cohere.com': '/cohere',
};

/** Servers that programs start have ports above this one; vendors' pages name ports below it. */
const lowestFree = 32768;

/** Sends what is meant for a vendor to the embedded server, and lets nothing leave this machine. */
class Detour {
  #agent = new Agent();

  dispatch(options, handler) {
    const { hostname, port } = new URL(options.origin);
    if (hostname === '127.0.0.1' && Number(port) >= lowestFree) return this.#agent.dispatch(options, handler);
    const vendor = vendors[hostname];
    if (vendor !== undefined)
      return this.#agent.dispatch({ ...options, origin: server, path: vendor + options.path }, handler);
    const [, endpoint] = /\/(chat\/completions|embeddings|rerank)\/?(?:$|\?)/.exec(options.path) ?? [];
    if (endpoint === undefined) throw new Error(`${options.origin}${options.path} is not played`);
    // Not every vendor takes its key as a bearer token, as the server's OpenAI does.
    const headers = { authorization: 'Bearer demo-key', ...options.headers };
    return this.#agent.dispatch({ ...options, origin: server, path: `/openai/v1/${endpoint}`, headers }, handler);
  }
}
globalThis[Symbol.for('undici.globalDispatcher.1')] = new Detour();

const outcomes = {};
let current;
const fail = (error) => {
  outcomes[current].error ??= error instanceof Error ? (error.stack ?? String(error)) : String(error);
};
process.on('unhandledRejection', fail);
process.on('uncaughtException', fail);

const write = process.stdout.write.bind(process.stdout);
process.stdout.write = (text, ...rest) => {
  if (current === undefined) return write(text, ...rest);
  outcomes[current].output += text;
  return true;
};

for (const [name, file] of programs) {
  current = name;
  outcomes[name] = { output: '' };
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${limit} s`)), limit * 1000);
  });
  try {
    await Promise.race([import(file), late]);
    // What a program left behind may still fail.
    await new Promise((resolve) => setImmediate(resolve));
  } catch (error) {
    fail(error);
  }
  clearTimeout(timer);
}
writeFileSync(target, JSON.stringify(outcomes));
process.exit(0);
