// The contract of a cache with what only the host needs: whether a look-up's answer is one.
import { CACHE_CONTRACT, type CacheLookup } from './cache.js';

/** For a host. A plugin imports {@link CACHE_CONTRACT}. */
export const CACHE_HOST_CONTRACT = CACHE_CONTRACT.with({ output: { get: isCacheLookup } });

/** Whether an answer of `get` is one. */
export function isCacheLookup(answer: unknown): answer is CacheLookup {
  if (typeof answer !== 'object' || answer === null || !('status' in answer)) return false;
  switch (answer.status) {
    case 'hit':
      return 'value' in answer && typeof answer.value === 'string';
    case 'not-found':
    case 'expired':
      return true;
    default:
      return false;
  }
}
