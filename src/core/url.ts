/** Puts a request's address together. */

const versionEnd = /\/v\d+(?:(?:alpha|beta)\d*)?$/;
const versionStart = /^\/v\d+(?:(?:alpha|beta)\d*)?(?=\/)/;

/**
 * Appends a path to a base. A version segment with which the base ends is not doubled, a base that ends with the
 * whole path is taken as it is, and a query of the base is kept.
 */
export function joinUrl(
  base: string,
  path: string,
  query?: Record<string, string>,
  extra?: Record<string, string>,
): string {
  let url: string;
  let search = '';
  if (path.startsWith('http://') || path.startsWith('https://')) url = path;
  else {
    let root = base;
    const mark = root.indexOf('?');
    if (mark >= 0) {
      search = root.slice(mark + 1);
      root = root.slice(0, mark);
    }
    while (root.endsWith('/')) root = root.slice(0, -1);
    if (root.endsWith(path)) url = root;
    else {
      const version = versionStart.exec(path);
      const rest = version !== null && versionEnd.test(root) ? path.slice(version[0].length) : path;
      url = root.endsWith(rest) ? root : root + rest;
    }
  }
  if (search === '' && query === undefined && extra === undefined) return url;
  const mark = url.indexOf('?');
  const params = new URLSearchParams(mark < 0 ? search : url.slice(mark + 1));
  for (const [name, value] of Object.entries({ ...query, ...extra })) params.set(name, String(value));
  const text = params.toString();
  return (mark < 0 ? url : url.slice(0, mark)) + (text === '' ? '' : `?${text}`);
}
