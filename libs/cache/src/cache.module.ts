// A cache that is a plugin, for any Nest application.
import { Module } from '@nestjs/common';
import { createPluginModule, getPluginToken } from '@pluggable/nestjs';
import { CACHE_HOST_CONTRACT, NopCache } from './contract/index.js';
import { FailOpenCache } from './fail-open-cache.js';

/**
 * Provides a {@link FailOpenCache}: a `Cache` whose methods never reject because the plugin fails. A failed look-up is a miss that
 * tells its `failure`; a failed write is dropped.
 */
export const CACHE = getPluginToken(CACHE_HOST_CONTRACT);

/**
 * Opens the cache plugin while the application starts, provides it as {@link CACHE}, and closes it after the server. Without a
 * path a cache serves that keeps nothing. Outcomes are counted in the `details` of the plugin's status.
 *
 * @example A second cache: CacheModule.forRoot({ name: 'sessions', path }), injected by @InjectPlugin(CACHE_CONTRACT, 'sessions')
 */
@Module({})
export class CacheModule extends createPluginModule({
  contract: CACHE_HOST_CONTRACT,
  createFallback: () => new NopCache(),
  fallbackName: 'nop cache',
  decorate: (cache, { log, hasPlugin }) => new FailOpenCache(cache, log, hasPlugin),
  details: ({ counts }) => ({ ...counts }),
}) {}
