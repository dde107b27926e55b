// The health of the cache plugin of a program.
import type { CacheCounts } from '@pluggable/cache';
import type { Program } from './program.js';
import { get } from './request.js';

export interface CacheHealth {
  readonly state: string;
  readonly restarts: number;
  readonly openBreakers: readonly string[];
  readonly lookups: CacheCounts['lookups'];
  readonly writes: CacheCounts['writes'];
}

export async function cacheHealth(program: Program): Promise<CacheHealth> {
  const { body } = await get(program.url, '/health/ready');
  return (body as { details: { cache: CacheHealth } }).details.cache;
}
