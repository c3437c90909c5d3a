/**
 * The code blocks of the documentation. Conventions, so that every block can be run and compiled:
 *
 * - A `ts` or `js` block is a complete program, with its imports. It may await at its top level, and finds a key for
 *   every provider in the environment; whatever host it calls is played by the server of `callm/testing`.
 * - "```ts continued" goes on with the block before it; both are one program.
 * - "```text output" after a program is exactly what it prints.
 */
export interface Program {
  /** File and line of its first block, `README.md:12`. */
  name: string;
  language: 'ts' | 'js';
  code: string;
  /** What it must print; undefined: anything. */
  output?: string;
}

interface Fence {
  marker: string;
  info: string;
  line: number;
  lines: string[];
}

const languages: Readonly<Record<string, Program['language']>> = {
  ts: 'ts',
  typescript: 'ts',
  js: 'js',
  javascript: 'js',
};

function fences(markdown: string): Fence[] {
  const found: Fence[] = [];
  let open: Fence | undefined;
  for (const [index, line] of markdown.split('\n').entries()) {
    const [, marker = '', info = ''] = /^\s*(`{3,}|~{3,})\s*(.*)$/.exec(line) ?? [];
    if (open === undefined) {
      if (marker !== '') open = { marker, info: info.trim(), line: index + 1, lines: [] };
    } else if (marker.startsWith(open.marker) && info === '') {
      found.push(open);
      open = undefined;
    } else open.lines.push(line);
  }
  if (open !== undefined) throw new Error(`the code block of line ${open.line} does not end`);
  return found;
}

/** The programs of a Markdown file. */
export function programs(file: string, markdown: string): Program[] {
  const found: Program[] = [];
  for (const { info, line, lines } of fences(markdown)) {
    const [word = '', ...flags] = info.split(/\s+/);
    const code = `${lines.join('\n')}\n`;
    const last = found.at(-1);
    const language = languages[word];
    const unknown = flags.find((flag) => flag !== (language === undefined ? 'output' : 'continued'));
    if (language !== undefined && unknown !== undefined)
      throw new Error(`${file}:${line}: a block has no mark "${unknown}"`);
    if (flags.includes('continued') || (word === 'text' && flags.includes('output'))) {
      if (last === undefined) throw new Error(`${file}:${line}: there is no program before this block`);
      if (word === 'text') last.output = code;
      else last.code += code;
    } else if (language !== undefined) found.push({ name: `${file}:${line}`, language, code });
  }
  return found;
}
