// The host side of the cache contract: the checks of answers.
import { CACHE_CONTRACT, type CacheLookup } from './cache.js';

/** The cache contract for a host, which also checks the answers. Plugins import {@link CACHE_CONTRACT}. */
export const CACHE_HOST_CONTRACT = CACHE_CONTRACT.with({
  output: { get: isCacheLookup, acquire: isBoolean, renew: isBoolean },
});

/** Returns whether a value is a valid answer of `get`. */
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

function isBoolean(answer: unknown): boolean {
  return typeof answer === 'boolean';
}
