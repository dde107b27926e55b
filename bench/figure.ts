// The result of a measurement: one row of the table.

import { percentile } from '../test/support/percentile.ts';

export interface Figure {
  readonly what: string;
  readonly measured: string;
  /** The target of the figure. */
  readonly wanted?: string;
}

export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

/** The median of the ratios of values that were measured side by side. */
export function medianRatio(values: readonly number[], base: readonly number[]): number {
  return median(values.map((value, index) => value / (base[index] ?? Number.NaN)));
}

/** The ratio of the worst start to the median one, for values that should be high. */
export function worstRatio(values: readonly number[]): number {
  return Math.min(...values) / median(values);
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;
}

export function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}
