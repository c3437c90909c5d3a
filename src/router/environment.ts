/** `os.environ/NAME` in a configuration: the value of that variable. */
import type { Env } from '../core/spec.js';

const reference = 'os.environ/';
/** Fields that hold numbers: variables are texts. */
const numeric =
  /^(?:[rt]pm|weight|order|deadline|temperature|top_p|(?:\w+_)?(?:timeout|retries|budget|time|fails|tokens|requests|priority|delay|port)|retry_after|max_fallbacks|\w*_cost(?:_\w+)?)$/;

/**
 * The value with those of variables in the places of their names, however deep. `missing` is told of each that is not
 * set; its reference stays.
 */
export function withVariables(
  value: unknown,
  env: Env,
  missing: (variable: string, path: string) => void,
  path = '',
): unknown {
  if (typeof value === 'string') {
    if (!value.startsWith(reference)) return value;
    const name = value.slice(reference.length);
    const found = env(name);
    if (found === undefined) missing(name, path);
    return found === undefined ? value : typed(found, path);
  }
  if (Array.isArray(value)) return value.map((entry, at) => withVariables(entry, env, missing, `${path}[${at}]`));
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  const out: Record<string, unknown> = {};
  for (const [name, entry] of Object.entries(value))
    out[name] = withVariables(entry, env, missing, path === '' ? name : `${path}.${name}`);
  return out;
}

function typed(text: string, path: string): unknown {
  if (/^(?:true|false)$/i.test(text)) return text.toLowerCase() === 'true';
  const name = path.slice(path.lastIndexOf('.') + 1);
  return numeric.test(name) && text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
}
