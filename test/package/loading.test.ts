import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eager, modulesOf } from './eager.js';
import { type Installed, installPacked, root } from './installed.js';

let installed: Installed;
beforeAll(() => {
  installed = installPacked();
  copyFileSync(join(root, 'test/package/fixtures/plain-call.js'), join(installed.dir, 'plain-call.js'));
});
afterAll(() => installed?.remove());

/** Calls in a process of its own; gives the source modules of the package, and the other packages, that were loaded. */
function loadedBy(model: string, options: object): { modules: string[]; packages: string[] } {
  const traces = mkdtempSync(join(installed.dir, 'trace-'));
  const env = { ...process.env, NODE_V8_COVERAGE: traces };
  const { stdout, stderr } = spawnSync(process.execPath, ['plain-call.js', model, JSON.stringify(options)], {
    cwd: installed.dir,
    env,
    encoding: 'utf8',
  });
  expect(stdout, stderr).toBe('answered');
  // V8 lists every script that ran.
  const [trace] = readdirSync(traces);
  const { result } = JSON.parse(readFileSync(join(traces, trace as string), 'utf8')) as { result: { url: string }[] };
  const files = result.filter(({ url }) => url.startsWith('file:')).map(({ url }) => fileURLToPath(url));
  const own = files.filter((file) => file.startsWith(installed.packageDir));
  const others = files.flatMap((file) =>
    own.includes(file) ? [] : (/\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? []),
  );
  return { modules: own.flatMap(modulesOf), packages: [...new Set(others)] };
}

/** The transport, and the reader of errors that providers build theirs on. */
const socket = ['src/core/error-body.ts', 'src/transport/undici.ts'];
/** Outside the providers and what importing the package reads. Every answer has its bill, so the prices are apart. */
function restOf(modules: string[]): { rest: string[]; priced: boolean } {
  const late = modules.filter((module) => !module.startsWith('providers/') && !eager.includes(module));
  const prices = late.filter((module) => module.startsWith('src/prices/'));
  return { rest: late.filter((module) => !prices.includes(module)).toSorted(), priced: prices.length > 0 };
}
const folderOf = (module: string): string => module.split('/').slice(0, 2).join('/');
const vertex = { api_key: 'ya29.token', vertex_project: 'p', vertex_location: 'us-east5' };

describe('one call loads its provider, what that builds on, and nothing else', () => {
  test.each<[string, object, string[]]>([
    ['openai/gpt-4o', {}, ['openai', 'shared']],
    ['groq/llama-3.3-70b-versatile', {}, ['compatible', 'compatible.ts', 'openai', 'shared']],
    ['anthropic/claude-sonnet-4-5', {}, ['anthropic', 'shared']],
    ['gemini/gemini-2.5-flash', {}, ['gemini', 'openai', 'shared']],
    ['vertex_ai/claude-sonnet-4-5', vertex, ['anthropic', 'gemini', 'openai', 'shared', 'vertex_ai']],
    [
      'bedrock/anthropic.claude-sonnet-4-5-20250929-v1:0',
      { aws_region_name: 'us-east-1' },
      ['anthropic', 'bedrock', 'openai', 'shared'],
    ],
  ])('%s', (model, options, expected) => {
    const { modules, packages } = loadedBy(model, options);
    const provider = modules.filter((module) => module.startsWith('providers/'));
    expect([...new Set(provider.map(folderOf))].toSorted()).toEqual(expected.map((name) => `providers/${name}`));
    // Where the schemas of tools must have a plain object at the root, its references are followed.
    const schema = model.startsWith('gemini/') ? [] : ['src/core/schema/document.ts'];
    expect(restOf(modules)).toEqual({ rest: [...socket, ...schema].toSorted(), priced: true });
    expect(packages).toEqual(['undici']);
  });

  test('a stream adds its parser, and the estimate of what was not told', () => {
    const { modules, packages } = loadedBy('openai/gpt-4o', { stream: true });
    const parsing = ['framing', 'reader', 'sse', 'stream', 'tee', 'utf8'].map((name) => `core/stream/${name}`);
    const opening = ['core/failure', 'core/schema/document', 'core/holds-secret', 'core/streaming'];
    const gathering = ['endpoints/chat-stream', 'endpoints/pieces'];
    // The provider told no usage.
    const estimating = ['core/estimate', 'core/token-estimate'];
    const added = [...opening, ...parsing, ...gathering, ...estimating].map((name) => `src/${name}.ts`);
    expect(restOf(modules)).toEqual({ rest: [...socket, ...added].toSorted(), priced: true });
    expect(packages.toSorted()).toEqual(['eventsource-parser', 'undici']);
  });
});
