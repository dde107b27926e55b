// The suite of the cache contract: one group of checks for each rule.
import { afterEach, describe } from 'vitest';
import { describeAbsence } from './absence.js';
import { describeClose } from './close.js';
import { describeConcurrency } from './concurrency.js';
import { describeKeys } from './keys.js';
import { describeLeases } from './leases.js';
import { describeOverwriting } from './overwriting.js';
import { describePing } from './ping.js';
import { describeSignals } from './signals.js';
import { type CacheContractOptions, Subject } from './subject.js';
import { describeTimeToLive } from './time-to-live.js';
import { describeValues } from './values.js';

/** Longest time of one check, in milliseconds. It detects a hanging cache, not a slow one. */
const CHECK_TIMEOUT_MS = 20_000;

/**
 * Declares the checks of the cache contract, version 1, as a vitest suite. Each check opens and closes its own cache. The checks of
 * `ping`, `close` and leases are skipped with a reason if the cache does not have these methods.
 *
 * @param name name of the suite
 * @param options how to open a cache, and optionally how to advance its clock and which rights the back end lacks
 * @example
 * describeCacheContract('my cache', { create: pluginFile(CACHE_CONTRACT, 'dist/my-cache.mjs') });
 */
export function describeCacheContract(name: string, options: CacheContractOptions): void {
  const subject = new Subject(options);
  describe(name, { timeout: CHECK_TIMEOUT_MS }, () => {
    afterEach(() => subject.closeAll());
    describeValues(subject);
    describeKeys(subject);
    describeAbsence(subject);
    describeOverwriting(subject);
    describeTimeToLive(subject);
    describeConcurrency(subject);
    describeSignals(subject);
    describeLeases(subject);
    describePing(subject);
    describeClose(subject);
  });
}
