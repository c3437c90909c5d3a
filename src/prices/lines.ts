/** One line of a bill, and the list they are collected in. */
import type { Rate } from './rates.js';

export interface CostLine {
  /** `input`, `cache_read`, `output`, `web_search` … */
  kind: string;
  quantity: number;
  /** What is counted: `token`, `query`, `image`, `second`, `character`, `page`, `call`, `session`, `request`, `usd`. */
  unit: string;
  /** USD for one. */
  rate: number;
  /** USD: quantity × rate. */
  amount: number;
  /** The field of the price row. */
  field?: string;
  /** Why this rate. */
  rule?: string;
}

export class Bill {
  readonly lines: CostLine[] = [];
  /** Kinds that were used and have no price. */
  readonly unpriced: string[] = [];
  /** Whether a rate is a guess at what the row does not say. */
  assumed = false;

  add(kind: string, quantity: number, unit: string, rate: Rate | undefined): void {
    if (quantity <= 0) return;
    if (rate === undefined) {
      this.unpriced.push(kind);
      return;
    }
    const line: CostLine = { kind, quantity, unit, rate: rate.value, amount: quantity * rate.value, field: rate.field };
    if (rate.rule !== undefined) line.rule = rate.rule;
    if (rate.assumed === true) this.assumed = true;
    this.lines.push(line);
  }

  /** null if anything that was used has no price. */
  get total(): number | null {
    if (this.unpriced.length > 0) return null;
    return this.lines.reduce((sum, { amount }) => sum + amount, 0);
  }
}
