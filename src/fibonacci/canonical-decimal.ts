// The canonical decimal notation in paths and in the cache: 0 and 45, not 045, +5 or 1e2.

/** @returns the number, or undefined when the text is not canonical or not exact in a number */
export function canonicalDecimal(text: string): number | undefined {
  const value = /^(0|[1-9]\d{0,15})$/.test(text) ? Number(text) : undefined;
  return Number.isSafeInteger(value) ? value : undefined;
}

export function isCanonicalDecimal(text: string): boolean {
  return canonicalDecimal(text) !== undefined;
}
