// The suite: one group of checks for each promise of the contract.
import { afterEach, describe } from 'vitest';
import { describeAbsence } from './absence.js';
import { describeClose } from './close.js';
import { describeConcurrency } from './concurrency.js';
import { describeKeys } from './keys.js';
import { describeOverwriting } from './overwriting.js';
import { describePing } from './ping.js';
import { describeSignals } from './signals.js';
import { type CacheContractOptions, Subject } from './subject.js';
import { describeTimeToLive } from './time-to-live.js';
import { describeValues } from './values.js';

/** Longest time of one check, in milliseconds: what hangs is found, what is slow is none of our business. */
const CHECK_TIMEOUT_MS = 20_000;

/**
 * Declares the checks of the cache contract, version 1, as a vitest suite. Each check opens a cache of its own and closes it.
 * Checks of `ping` and `close` are skipped, by name, for a cache that does not have them.
 *
 * @param name what the suite is called
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
    describePing(subject);
    describeClose(subject);
  });
}
