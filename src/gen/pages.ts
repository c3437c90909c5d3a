/** The providers' pages: docs/providers/<id>.md for each, and an index. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Quirks, Row } from '../../providers/openai/quirks.js';
import { CallmError, createCallm, endpoints } from '../core/index.js';
import { specOf } from '../core/params.js';
import type { Endpoint, Provider, Transformer } from '../core/spec.js';
import { modelPages } from './model-pages.js';
import { typicalModel } from './page-models.js';
import { code, modelLines, quirkLines } from './page-quirks.js';
import { readData, type Rows } from './price-data.js';
import { folders, rows } from './registry.js';

/** What a page is made of. */
interface Subject {
  id: string;
  provider: Provider;
  /** Absent where the provider is a folder. */
  row?: Row | undefined;
  quirks?: Quirks | undefined;
  /** Written by hand: docs/providers-notes/<id>.md. */
  notes?: string | undefined;
}

const titles: Record<Endpoint, string> = {
  chat: 'Chat',
  embeddings: 'Embeddings',
  count_tokens: 'Counting tokens',
  rerank: 'Rerank',
};
const endpointNames = Object.keys(endpoints) as Endpoint[];
/** Never refused; left out with a warning where the vendor does not take them. */
const harmless: ReadonlySet<string> = new Set(['user', 'metadata']);
const exampleBase = 'https://models.example.com/v1';

async function subjects(root: string): Promise<Subject[]> {
  const load = async (path: string): Promise<Record<string, unknown>> =>
    (await import(pathToFileURL(join(root, path)).href)) as Record<string, unknown>;
  const notes = (id: string): string | undefined => {
    const file = join(root, 'docs/providers-notes', `${id}.md`);
    return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
  };
  const own = folders(root);
  const found: Subject[] = [];
  for (const id of own) {
    const module = await load(`providers/${id}/index.ts`);
    const quirks = Object.entries(module).find(([name]) => name.endsWith('Quirks'))?.[1] as Quirks | undefined;
    found.push({ id, provider: module[id] as Provider, quirks, notes: notes(id) });
  }
  const table = await load('providers/compatible.ts');
  const all = table['compatible'] as Record<string, Row>;
  const make = table['compatibleProvider'] as (id: string) => Provider;
  for (const id of await rows(root)) {
    if (own.includes(id)) continue;
    const row = all[id] as Row;
    found.push({ id, provider: make(id), row, quirks: row.quirks, notes: notes(id) });
  }
  return found.sort((a, b) => (a.id < b.id ? -1 : 1));
}

const offered = ({ provider }: Subject): Endpoint[] =>
  endpointNames.filter((endpoint) => provider.endpoints[endpoint] !== undefined);

const names = (list: readonly string[]): string => list.map(code).join(', ');

/** Where requests of an endpoint go; null where the user must say it. */
function baseOf({ provider, row }: Subject, endpoint: Endpoint): string | null {
  if (row === undefined) return typeof provider.base === 'string' ? provider.base : null;
  const own = row.bases?.[endpoint];
  return own === undefined ? (row.base ?? null) : own;
}

/** No address of its own: the example must give one. */
const needsBase = (subject: Subject, endpoint: Endpoint): boolean =>
  baseOf(subject, endpoint) === null && (subject.row !== undefined || subject.provider.base === undefined);

function baseFacts(subject: Subject): [string, string][] {
  const { provider, row } = subject;
  const byBase = new Map<string, Endpoint[]>();
  for (const endpoint of offered(subject)) {
    const base = baseOf(subject, endpoint) ?? '';
    byBase.set(base, [...(byBase.get(base) ?? []), endpoint]);
  }
  const shown = [...byBase].map(([base, of]) => {
    const text =
      base === ''
        ? typeof provider.base === 'function' && row === undefined
          ? 'computed'
          : 'none: pass `api_base`'
        : code(base);
    return byBase.size === 1 ? text : `${of.join(', ')}: ${text}`;
  });
  const facts: [string, string][] = [['Base address', shown.join('; ')]];
  for (const [name, { option, env, default: value }] of Object.entries(row?.variables ?? {})) {
    const sources = [option === undefined ? '' : `option ${code(option)}`, ...(env ?? []).map(code)].filter(Boolean);
    facts.push([
      `\`{${name}}\` in it`,
      `${sources.join(', ')}${value === undefined ? '' : `; default ${code(value)}`}`,
    ]);
  }
  const variables = provider.env?.base ?? [];
  if (variables.length > 0) facts.push(['Variables for it', names(variables)]);
  return facts;
}

function keyFacts({ provider }: Subject): [string, string][] {
  const keys = provider.env?.key ?? [];
  const facts: [string, string][] = [
    ['Key', `${keys.length === 0 ? 'option `api_key`' : names(keys)}${provider.key_optional ? ' (optional)' : ''}`],
  ];
  const { alternatives = [], needs = [] } = provider.env ?? {};
  if (alternatives.length > 0)
    facts.push(['Instead of it', alternatives.map((set) => set.map(code).join(' and ')).join('; ')]);
  for (const each of needs) facts.push(['Needed besides', each.map(code).join(' or ')]);
  const { auth } = provider;
  if (typeof auth === 'object') facts.push(['Sent as', code(`${auth.header}: ${auth.prefix ?? ''}<key>`)]);
  else if (auth === undefined) facts.push(['Sent as', code('authorization: Bearer <key>')]);
  for (const [header, value] of Object.entries(provider.headers ?? {}))
    facts.push([`Header ${code(header)}`, code(value)]);
  return facts;
}

const inputs: Record<Endpoint, object> = {
  chat: { messages: [{ role: 'user', content: 'Say hello.' }] },
  embeddings: { input: 'text' },
  count_tokens: { messages: [{ role: 'user', content: 'Say hello.' }] },
  rerank: { query: 'question', documents: ['text'] },
};

/** Where a request goes, as a dry run tells it; undefined where that needs more than a key. */
async function address(subject: Subject, endpoint: Endpoint): Promise<string | undefined> {
  const { id, provider, row } = subject;
  const env = Object.fromEntries(
    Object.entries(row?.variables ?? {}).flatMap(([name, { env: known }]) =>
      (known ?? []).map((one) => [one, `{${name}}`]),
    ),
  );
  const client = createCallm({ providers: [provider], api_key: 'key', env });
  const base = needsBase(subject, endpoint) && { api_base: exampleBase };
  try {
    return (await client.dryRun(endpoint, { model: `${id}/MODEL`, ...inputs[endpoint], ...base })).url;
  } catch (error) {
    if (CallmError.is(error)) return undefined;
    throw error;
  }
}

async function facts(subject: Subject): Promise<string> {
  const { id, provider } = subject;
  const all: [string, string][] = [
    ['Model string', code(`${id}/<model>`)],
    ['Endpoints', offered(subject).join(', ')],
    ...baseFacts(subject),
  ];
  for (const endpoint of offered(subject)) {
    const url = await address(subject, endpoint);
    if (url !== undefined)
      all.push([`Address of ${endpoint}`, needsBase(subject, endpoint) ? `such as ${code(url)}` : code(url)]);
  }
  all.push(...keyFacts(subject));
  if (provider.docs !== undefined) all.push(["Vendor's documentation", `<${provider.docs}>`]);
  return ['| | |', '|---|---|', ...all.map(([name, value]) => `| ${name} | ${value.replaceAll('|', '\\|')} |`)].join(
    '\n',
  );
}

const calls: Record<Endpoint, { name: string; fields: string; show: string }> = {
  chat: {
    name: 'completion',
    fields: `  messages: [{ role: 'user', content: 'Say hello.' }],`,
    show: 'response.choices[0].message.content',
  },
  embeddings: {
    name: 'embedding',
    fields: `  input: ['first text', 'second text'],`,
    show: 'response.data[0].embedding',
  },
  count_tokens: {
    name: 'countTokens',
    fields: `  messages: [{ role: 'user', content: 'Say hello.' }],\n  method: 'provider',`,
    show: 'response.tokens',
  },
  rerank: {
    name: 'rerank',
    fields: `  query: 'What is the capital of France?',\n  documents: ['Berlin is in Germany.', 'Paris is the capital of France.'],`,
    show: 'response.results[0].index',
  },
};

function example(subject: Subject, endpoint: Endpoint, model: string): string {
  const { name, fields, show } = calls[endpoint];
  const base = needsBase(subject, endpoint);
  return [
    // `js` blocks are run by the tests, whose server speaks OpenAI's protocol and few others.
    subject.row === undefined ? '```mjs' : '```js',
    `import { ${name} } from 'callm';`,
    '',
    `const response = await ${name}({`,
    `  model: '${subject.id}/${model}',`,
    ...(base ? [`  api_base: '${exampleBase}',`] : []),
    fields,
    '});',
    `console.log(${show});`,
    '```',
  ].join('\n');
}

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function params(subject: Subject, endpoint: Endpoint, model: string): string {
  if (endpoint === 'count_tokens') return `## ${titles[endpoint]}\n\nTakes the parameters of a chat.`;
  const { provider } = subject;
  const routed = provider.route?.(model, {});
  const transformer = (routed?.provider.endpoints[endpoint] ?? provider.endpoints[endpoint]) as Transformer<Endpoint>;
  const known = endpoints[endpoint].params;
  const everywhere = endpoint === 'chat' ? ['stream', 'stream_options'] : [];
  const spec = [...new Set([...Object.keys(specOf(transformer, routed?.model ?? model)), ...everywhere])].sort();
  const taken = spec.filter((name) => known.has(name));
  const foreign = spec.filter((name) => !known.has(name));
  const own = foreign.filter((name) => name === snakeCase(name) || !foreign.includes(snakeCase(name)));
  const refused = [...known].filter((name) => !spec.includes(name) && !harmless.has(name)).sort();
  const byModel = routed !== undefined || typeof transformer.params === 'function' ? ` (as for ${code(model)})` : '';
  const lines = [`## ${titles[endpoint]}`, ''];
  lines.push(`Parameters taken${byModel}: ${taken.length === 0 ? 'none' : names(taken)}.`);
  if (own.length > 0)
    lines.push('', `Its own parameters${own.length < foreign.length ? ' (also in camelCase)' : ''}: ${names(own)}.`);
  if (refused.length > 0) lines.push('', `Refused, or left out with \`drop_params: true\`: ${names(refused)}.`);
  return lines.join('\n');
}

const bullets = (lines: readonly string[]): string => lines.map((line) => `- ${line}`).join('\n');

async function page(data: ReadonlyMap<string, Rows>, subject: Subject): Promise<string> {
  const { id, provider, quirks, notes } = subject;
  const typical = new Map(
    offered(subject).map((endpoint) => [endpoint, typicalModel(data, id, endpoint) ?? 'my-model']),
  );
  const first = offered(subject)[0] as Endpoint;
  const parts = [
    `<!-- Generated by src/gen/pages.ts: \`npm run gen\`. Text of one's own goes into docs/providers-notes/${id}.md. -->`,
    `# ${id}`,
    await facts(subject),
    example(subject, first, typical.get(first) as string),
  ];
  if (provider.notes !== undefined) parts.push(bullets(provider.notes));
  for (const [endpoint, model] of typical) parts.push(params(subject, endpoint, model));
  const lines = quirks === undefined ? [] : quirkLines(quirks);
  if (lines.length > 0) parts.push('## Peculiarities', bullets(lines));
  const chatModels = quirks === undefined ? [] : modelLines(quirks);
  if (chatModels.length > 0)
    parts.push('## Chat models', 'The first pattern that matches the model counts.', bullets(chatModels));
  if (notes !== undefined) parts.push(notes);
  const models = data.has(id) ? `[Models and prices](../models/${id}.md) · ` : '';
  parts.push(`${models}[All providers](README.md) · [Documentation](../README.md)`);
  return `${parts.join('\n\n')}\n`;
}

const intro = `# Providers

One page for each provider: its address, keys, parameters and peculiarities. A model string begins with the provider's id:
\`groq/llama-3.3-70b-versatile\`. Any other server that speaks OpenAI's protocol is reached with \`api_base\` (see
[hosted_vllm](hosted_vllm.md), [openai_like](openai_like.md)) or by [a row of your own](../custom-providers.md).

What holds for every provider unless its page says otherwise:

- \`stream\`, \`stream_options\`, \`user\`, \`metadata\` and \`n: 1\` are never refused; where the vendor does not take them they
  are left out.
- Parameters that callm does not know are put into the body as they are.
- The role \`developer\` is sent as \`system\`; \`cache_control\` marks are left out; earlier reasoning is not sent back.
- Of \`max_tokens\` and \`max_completion_tokens\` one is sent; the newer name wins.
- Whatever is left out, renamed or rewritten is told in \`_hidden_params.warnings\`.
- A missing key is an AuthenticationError before anything is sent. A key is sent to its own provider alone.`;

function index(all: readonly Subject[]): string {
  const lines = all.map((subject) => {
    const { id, provider } = subject;
    const keys = provider.env?.key ?? [];
    const others = provider.env?.alternatives === undefined ? '' : ' (or others)';
    const key = `${names(keys)}${provider.key_optional ? ' (optional)' : others}`.trim();
    return `| [${id}](${id}.md) | ${offered(subject).join(', ')} | ${key} | ${provider.docs === undefined ? '' : `<${provider.docs}>`} |`;
  });
  const table = ["| id | endpoints | key variables | vendor's documentation |", '|---|---|---|---|', ...lines].join(
    '\n',
  );
  return `<!-- Generated by src/gen/pages.ts: \`npm run gen\`. -->\n\n${intro}\n\n${table}\n`;
}

/** @throws {Error} for a page whose provider is gone */
export async function pages(root: string): Promise<[string, string][]> {
  const all = await subjects(root);
  const data = readData(root);
  const files: [string, string][] = [];
  for (const subject of all) files.push([`docs/providers/${subject.id}.md`, await page(data, subject)]);
  files.push(['docs/providers/README.md', index(all)]);
  const ids = all.map(({ id }) => id);
  files.push(...modelPages(root, data, ids));
  const folder = join(root, 'docs/providers');
  const orphans = (existsSync(folder) ? readdirSync(folder) : []).filter(
    (file) => !files.some(([path]) => path === `docs/providers/${file}`),
  );
  if (orphans.length > 0) throw new Error(`docs/providers: no provider for ${orphans.join(', ')}; delete the page`);
  return files;
}
