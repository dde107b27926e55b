// A percentile of values.

/** NaN without values. */
export function percentile(values: readonly number[], percent: number): number {
  const ascending = values.toSorted((one, other) => one - other);
  return ascending[Math.max(0, Math.ceil((ascending.length * percent) / 100) - 1)] ?? Number.NaN;
}
