// The Nest module of a cache plugin.
import { Module } from '@nestjs/common';
import { createPluginModule, getPluginToken } from '@pluggable/nestjs';
import { CACHE_HOST_CONTRACT, NopCache } from './contract/index.js';
import { FailOpenCache } from './fail-open-cache.js';

/**
 * Injection token of the cache, a {@link FailOpenCache}: a failure of the plugin rejects no call. A failed look-up is a miss with a
 * `failure`; a failed write is dropped.
 * @example constructor(@Inject(CACHE) private readonly cache: FailOpenCache) {}
 */
export const CACHE = getPluginToken(CACHE_HOST_CONTRACT);

/**
 * Opens a cache plugin while the application starts, provides it as {@link CACHE}, and closes it after the server has closed.
 * Without a path, a no-op cache serves, which stores nothing. The `details` of the plugin's status count the outcomes of calls.
 *
 * @example
 * imports: [CacheModule.forRoot({ path: 'plugins/cache.mjs', required: false })]
 * @example
 * // A second cache; inject it with @InjectPlugin(CACHE_CONTRACT, 'sessions').
 * imports: [CacheModule.forRoot({ name: 'sessions', path: 'plugins/sessions.mjs' })]
 */
@Module({})
export class CacheModule extends createPluginModule({
  contract: CACHE_HOST_CONTRACT,
  createFallback: () => new NopCache(),
  fallbackName: 'nop cache',
  decorate: (cache, { log, hasPlugin }) => new FailOpenCache(cache, log, hasPlugin),
  details: ({ counts }) => ({ ...counts }),
}) {}
