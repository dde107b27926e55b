// The Cache-Status header (RFC 9211) of an answer.
import type { FailOpenLookup } from '@pluggable/cache';

/** @param isCollapsed whether the request waited for the computation of another request, here or in another process (RFC 9211, 2.6) */
export function cacheStatus(lookup: FailOpenLookup, isCollapsed = false): string {
  if (lookup.status === 'hit') return 'pluggable; hit';
  return `pluggable; fwd=${forwardReason(lookup)}${isCollapsed ? '; collapsed' : ''}`;
}

/** RFC 9211, 2.2. `miss` only means that the cache had no usable value. */
function forwardReason(lookup: Exclude<FailOpenLookup, { readonly status: 'hit' }>): string {
  if ('failure' in lookup) return 'miss';
  return lookup.status === 'expired' ? 'stale' : 'uri-miss';
}
