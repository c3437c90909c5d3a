/** Removes what a path names: `temperature`, `tools[*].function.strict`, `messages[0].name`, `metadata.a\.b`. */

type Step = string | number | typeof every;
const every = Symbol('every');

function steps(path: string): Step[] {
  const out: Step[] = [];
  const pattern = /((?:\\.|[^.[\]\\])+)|\[(\*|\d+)\]/g;
  for (const match of path.matchAll(pattern)) {
    if (match[1] !== undefined) out.push(match[1].replace(/\\(.)/g, '$1'));
    else out.push(match[2] === '*' ? every : Number(match[2]));
  }
  return out;
}

/** A copy without the path's target; the same value when there is nothing to remove. */
export function dropPath(value: unknown, path: string): unknown {
  const list = steps(path);
  return list.length === 0 ? value : drop(value, list, 0);
}

function drop(value: unknown, list: readonly Step[], depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const step = list[depth] as Step;
  const last = depth === list.length - 1;
  if (Array.isArray(value)) {
    if (step === every) {
      if (last) return value.length === 0 ? value : [];
      const copy = value.map((entry: unknown) => drop(entry, list, depth + 1));
      return copy.some((entry, index) => entry !== value[index]) ? copy : value;
    }
    if (typeof step !== 'number' || step >= value.length) return value;
    if (last) return value.filter((_, index) => index !== step);
    const entry = drop(value[step], list, depth + 1);
    return entry === value[step] ? value : value.with(step, entry);
  }
  if (typeof step !== 'string' || !Object.hasOwn(value, step)) return value;
  const record = value as Record<string, unknown>;
  if (last) {
    const { [step]: _, ...rest } = record;
    return rest;
  }
  const entry = drop(record[step], list, depth + 1);
  return entry === record[step] ? value : { ...record, [step]: entry };
}
