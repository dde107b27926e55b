// What a measurement gives: one row of the table.

import { percentile } from '../test/support/percentile.ts';

export interface Figure {
  readonly what: string;
  readonly measured: string;
  /** What the figure should be. */
  readonly wanted?: string;
}

export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

/** The median of the ratios of values that were measured side by side. */
export function medianRatio(values: readonly number[], beside: readonly number[]): number {
  return median(values.map((value, index) => value / (beside[index] ?? Number.NaN)));
}

/** The worst of several starts beside the median one; of what is better the more there is. */
export function worstRatio(values: readonly number[]): number {
  return Math.min(...values) / median(values);
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;
}

export function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}
