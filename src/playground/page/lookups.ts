// The look-ups of the cache since the start of the service, as the page counts them.

export interface Lookups {
  readonly hits: number;
  /** Look-ups that were made or tried: all but the skipped ones. */
  readonly all: number;
  /** The others by reason, the most frequent first; with the skipped ones. */
  readonly misses: readonly (readonly [reason: string, count: number])[];
}

/** @param counts number of look-ups by outcome */
export function lookupsOf(counts: Readonly<Record<string, number>>): Lookups {
  const entries = Object.entries(counts);
  const misses = entries.filter(([outcome, count]) => outcome !== 'hit' && count > 0);
  const tried = entries.filter(([outcome]) => outcome !== 'skipped');
  return {
    hits: counts['hit'] ?? 0,
    all: tried.reduce((sum, [, count]) => sum + count, 0),
    misses: misses.toSorted(([, one], [, other]) => other - one),
  };
}

/** A reason as words: `not-found` is `not found`, `open` is an open breaker. */
export function reasonText(reason: string): string {
  return reason === 'open' ? 'breaker open' : reason.replaceAll('-', ' ');
}
