import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compatible } from '../../providers/compatible.js';
import type { Row } from '../../providers/openai/quirks.js';
import { loadProvider, providerNames } from '../../src/registry.gen.js';
import { startProvider } from '../../src/testing/index.js';
import { type Program, programs } from './blocks.js';
import { bundle, makeWorkshop, root, rowModule, runNode, sources, type Workshop } from './programs.js';

const pages = [
  'README.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`),
].sort();
const read = (page: string): string => readFileSync(join(root, page), 'utf8');
const all: readonly Program[] = pages.flatMap((page) => programs(page, read(page)));

/** Seconds that one program may take. */
const limit = 10;

interface Outcome {
  output: string;
  error?: string;
}
const outcomes: Record<string, Outcome> = {};
const typeErrors: Record<string, string[]> = {};

/** File names within the workshop, without their ending. */
const files = new Map(all.map(({ name }) => [name, name.replaceAll(/[^\w.-]/g, '_')]));
const fileOf = (program: Program): string => `${files.get(program.name)}.${program.language}`;

/** What the pages tell to set: a key for every provider, the variables of addresses, addresses where there is none. */
async function environment(url: string): Promise<Record<string, string>> {
  const env: Record<string, string> = {};
  for (const { variables } of Object.values<Row>(compatible))
    for (const { env: names = [] } of Object.values(variables ?? {})) for (const name of names) env[name] = 'demo';
  for (const name of providerNames) {
    const provider = await loadProvider(name);
    const key = provider?.env?.key?.[0];
    if (key !== undefined) env[key] = 'demo-key';
    const base = provider?.env?.base?.[0];
    if (base !== undefined && provider?.base === undefined) env[base] = `${url}/openai/v1`;
  }
  return env;
}

async function runAll(workshop: Workshop): Promise<void> {
  const { dir } = workshop;
  const make = (list: readonly Program[]) =>
    bundle(Object.fromEntries(list.map((each) => [files.get(each.name), join(dir, fileOf(each))])), join(dir, 'out'));
  for (const { text, location } of await make(all)) {
    const broken = all.find((program) => location?.file.endsWith(fileOf(program)));
    if (broken === undefined) throw new Error(text);
    outcomes[broken.name] = { output: '', error: text };
  }
  const running = all.filter(({ name }) => outcomes[name] === undefined);
  if (running.length < all.length) expect(await make(running)).toEqual([]);
  const server = await startProvider();
  const plan = join(dir, 'plan.json');
  const told = join(dir, 'outcomes.json');
  const list = running.map(({ name }) => [name, pathToFileURL(join(dir, 'out', `${files.get(name)}.js`)).href]);
  writeFileSync(plan, JSON.stringify({ server: server.url, programs: list, outcomes: told, limit }));
  const { output } = await runNode([join(root, 'test/docs/run-blocks.mjs'), plan], {
    cwd: dir,
    env: await environment(server.url),
    limit: 90,
  });
  await server.close();
  if (!existsSync(told)) throw new Error(`the programs did not come to their end:\n${output}`);
  Object.assign(outcomes, JSON.parse(readFileSync(told, 'utf8')));
}

async function checkTypes(workshop: Workshop): Promise<void> {
  const { dir } = workshop;
  const paths: Record<string, string[]> = { 'callm/providers/*': [join(root, 'providers/*/index.ts')] };
  for (const [name, path] of Object.entries(sources)) paths[name] = [join(root, path)];
  for (const [, id = ''] of all.flatMap(({ code }) => [...code.matchAll(/'callm\/providers\/([^']+)'/g)])) {
    if (existsSync(join(root, 'providers', id, 'index.ts'))) continue;
    writeFileSync(join(dir, `row.${id}.ts`), rowModule(id));
    paths[`callm/providers/${id}`] = [join(dir, `row.${id}.ts`)];
  }
  const compilerOptions = {
    target: 'es2023',
    lib: ['es2023', 'esnext.disposable'],
    module: 'nodenext',
    strict: true,
    skipLibCheck: true,
    noEmit: true,
    types: ['node'],
    // No program's types need the tokenizers that the sources read.
    resolveJsonModule: false,
    // Blocks that import nothing are modules all the same.
    moduleDetection: 'force',
    paths,
  };
  const include = all.filter(({ language }) => language === 'ts').map(fileOf);
  writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: include }));
  const { code, output } = await runNode([join(root, 'test/docs/check-types.mjs'), join(dir, 'tsconfig.json')], {
    cwd: dir,
    limit: 90,
  });
  if (code !== 0) throw new Error(`the types of the programs were not checked:\n${output}`);
  const told = JSON.parse(output) as Record<string, string[]>;
  for (const program of all) {
    const errors = told[fileOf(program)];
    if (errors !== undefined) typeErrors[program.name] = errors;
  }
}

let workshop: Workshop;
beforeAll(async () => {
  workshop = makeWorkshop();
  for (const program of all) writeFileSync(join(workshop.dir, fileOf(program)), program.code);
  await Promise.all([runAll(workshop), checkTypes(workshop)]);
}, 120_000);
afterAll(() => workshop?.remove());

describe('code blocks', () => {
  test('there are some', () => {
    expect(all.filter(({ name }) => name.startsWith('README.md:')).length).toBeGreaterThan(10);
  });

  test.each(all.map((program) => [program.name, program.output] as const))('%s', (name, output) => {
    const outcome = outcomes[name];
    expect(outcome?.error).toBeUndefined();
    expect(outcome).toBeDefined();
    expect(typeErrors[name] ?? []).toEqual([]);
    if (output !== undefined) expect(outcome?.output).toBe(output);
  });
});

describe('README.md', () => {
  const readme = read('README.md');

  test('the count of providers that it gives is true', () => {
    const [, count] = /more than (\d+) providers/.exec(readme) ?? [];
    expect(providerNames.size).toBeGreaterThan(Number(count));
  });

  test('the scripts and subpaths that it names exist', () => {
    const { scripts, exports } = JSON.parse(read('package.json')) as Record<string, Record<string, unknown>>;
    const named = [...readme.matchAll(/npm (?:run )?(demo|test|bench|build)\b/g)].map(([, script]) => script);
    expect(named.length).toBeGreaterThan(0);
    for (const script of named) expect(scripts).toHaveProperty([script as string]);
    for (const [, path = ''] of readme.matchAll(/\bcallm(\/[a-z]+)/g))
      expect(Object.keys(exports ?? {}), path).toContainEqual(expect.stringMatching(new RegExp(`^\\.${path}(?:$|/)`)));
  });
});

test.each(pages)('the links of %s lead to something', (page) => {
  const prose = read(page)
    .replaceAll(/^(`{3,}).*?^\1$/gms, '')
    .replaceAll(/`[^`]*`/g, '');
  const links = [...prose.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)].map(([, link]) => link as string);
  expect(links.filter((link) => !existsSync(join(root, dirname(page), link)))).toEqual([]);
});
