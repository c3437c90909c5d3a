/**
 * A string that matches a regular expression of JSON Schema and has a length in the bounds, or undefined when none was
 * found. Takes the first alternative of each choice and passes over lookarounds; whatever it proposes is tested.
 */
export function matchPattern(pattern: string, min = 0, max = Infinity): string | undefined {
  let expression: RegExp;
  try {
    expression = new RegExp(pattern, 'u');
  } catch {
    return undefined;
  }
  for (let extra = 0; extra <= Math.max(8, min); extra += 1) {
    const proposal = new Sampler(pattern, extra).sample();
    const length = [...proposal].length;
    if (length >= min && length <= max && expression.test(proposal)) return proposal;
  }
  return undefined;
}

const PRINTABLE = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i));
/** Letters and digits first: what they give reads best. */
const CANDIDATES = [...PRINTABLE.filter((char) => /[a-z\d]/iu.test(char)).reverse(), ...PRINTABLE];

/** Walks over an expression and writes a matching string; each open-ended repetition gets `extra` more rounds. */
class Sampler {
  private at = 0;

  constructor(
    private readonly pattern: string,
    private readonly extra: number,
  ) {}

  sample(): string {
    return this.alternatives();
  }

  private alternatives(): string {
    const first = this.sequence();
    while (this.pattern[this.at] === '|') {
      this.at += 1;
      this.sequence();
    }
    return first;
  }

  private sequence(): string {
    let out = '';
    while (this.at < this.pattern.length && !'|)'.includes(this.pattern[this.at] ?? '')) {
      const atom = this.atom();
      out += atom.repeat(this.rounds());
    }
    return out;
  }

  /** Reads a quantifier, if there is one: how often the atom before it is written. */
  private rounds(): number {
    const [source, simple, low, comma, high] =
      /^(?:([*+?])|\{(\d+)(?:(,)(\d*))?\})\??/u.exec(this.pattern.slice(this.at)) ?? [];
    if (source === undefined) return 1;
    this.at += source.length;
    if (simple === '?') return Math.min(1, this.extra);
    if (simple) return (simple === '+' ? 1 : 0) + this.extra;
    const most = comma ? (high ? Number(high) : Infinity) : Number(low);
    return Math.min(most, Number(low) + this.extra);
  }

  private atom(): string {
    const rest = this.pattern.slice(this.at);
    const group = /^\((\?(?:[=!]|<[=!]))?(?:\?:|\?<\w+>)?/u.exec(rest);
    if (group) {
      this.at += group[0].length;
      const inner = this.alternatives();
      this.at += 1;
      return group[1] ? '' : inner;
    }
    // A class or an escape of a class is left to the engine: the first character it accepts is taken.
    const set = /^(?:\[(?:\\.|[^\]\\])*\]|\\[dDwWsS]|\\[pP]\{[^}]*\}|\.)/u.exec(rest)?.[0];
    if (set) {
      this.at += set.length;
      const accepts = new RegExp(`^${set}$`, 'u');
      return CANDIDATES.find((char) => accepts.test(char)) ?? '';
    }
    const escape = /^\\(?:u([\da-f]{4})|x([\da-f]{2})|(.))/iu.exec(rest);
    if (escape) {
      this.at += escape[0].length;
      const code = escape[1] ?? escape[2];
      if (code) return String.fromCharCode(Number.parseInt(code, 16));
      const controls: Record<string, string> = { n: '\n', r: '\r', t: '\t', b: '', B: '' };
      return controls[escape[3] ?? ''] ?? escape[3] ?? '';
    }
    const char = String.fromCodePoint(this.pattern.codePointAt(this.at) ?? 0);
    this.at += char.length;
    return char === '^' || char === '$' ? '' : char;
  }
}
