// The table of decided differences: who, where, what each side sends, and why.
import { readFileSync } from 'node:fs';
import { same } from './compare.mjs';

/** `cases` may be `*`, indexes in `path` are `[*]`; a value that is left out is absent from that side's request. */
const table = JSON.parse(readFileSync(new URL('decisions.json', import.meta.url), 'utf8')).map((row) => ({
  ...row,
  met: false,
}));

/** The decision on a difference; undefined where there is none. It holds for the values that it names alone. */
export function decisionOn(vendor, name, { path, callm, sdk }) {
  const row = table.find(
    (decided) =>
      decided.vendors.includes(vendor) &&
      (decided.cases === '*' || decided.cases.includes(name)) &&
      path.replaceAll(/\[\d+\]/g, '[*]') === decided.path &&
      same(decided.callm, callm) &&
      same(decided.sdk, sdk),
  );
  if (row !== undefined) row.met = true;
  return row;
}

/** Decisions on what no longer differs, among those of the vendors that ran. */
export const unmet = (vendors) => table.filter((row) => !row.met && row.vendors.some((name) => vendors.includes(name)));
