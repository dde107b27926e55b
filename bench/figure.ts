// What a measurement gives: one row of the table.

export interface Figure {
  readonly what: string;
  readonly measured: string;
  /** What the figure should be. */
  readonly wanted?: string;
}

export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

/** The smallest value that at least this part of all values does not exceed. @param percent from 0 to 100 */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? Number.NaN;
}

/** The median of the ratios of values that were measured side by side. */
export function medianRatio(values: readonly number[], beside: readonly number[]): number {
  return median(values.map((value, round) => value / (beside[round] ?? Number.NaN)));
}

export function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}
