import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { Router } from '../../src/index.js';
import { root } from './programs.js';

/** The names in the first column of the tables of a part of a page. */
function named(page: string, part: string): string[] {
  const text = readFileSync(join(root, 'docs', page), 'utf8');
  const [, after = ''] = text.split(`\n## ${part}\n`);
  const [section = ''] = after.split('\n## ');
  const cells = [...section.matchAll(/^\| (`[^|]*) \|/gm)].map(([, cell]) => cell as string);
  return cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name as string));
}

/** The keys of a table in the settings of the Router. */
function keysOf(table: string): string[] {
  const path = join(root, 'src/router/settings.ts');
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest);
  const keys: string[] = [];
  ts.forEachChild(source, (node) => {
    if (!ts.isVariableStatement(node)) return;
    for (const { name, initializer } of node.declarationList.declarations)
      if (name.getText(source) === table && initializer !== undefined && ts.isObjectLiteralExpression(initializer))
        keys.push(...initializer.properties.map((property) => property.name?.getText(source) ?? ''));
  });
  return keys;
}

test('the page of the Router has every option, and no other', () => {
  // These two are checked entry by entry.
  const options = [...keysOf('checks'), 'model_list', 'default_litellm_params'];
  expect(named('router.md', 'All options').sort()).toEqual(options.sort());
});

test('every option that the page names is one', () => {
  const names = named('router.md', 'All options');
  const refused = names.filter((name) => {
    try {
      new Router({ [name]: Symbol('no value of any option') });
      return false;
    } catch (error) {
      return String(error).includes('is not an option');
    }
  });
  expect(refused).toEqual([]);
});

test('the page of the Router has every parameter of a deployment that is checked', () => {
  const page = readFileSync(join(root, 'docs/router.md'), 'utf8');
  const told = keysOf('params').filter((name) => !page.includes(`\`${name}\``));
  expect(told.filter((name) => !page.includes(`litellm_params.${name}\``))).toEqual([]);
});
