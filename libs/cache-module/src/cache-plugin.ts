// The plugin behind the CACHE token: opened at start, watched by health checks, closed after the server.
import type { OnApplicationShutdown } from '@nestjs/common';
import { type Cache, CACHE_CONTRACT, NopCache } from '@pluggable/cache-contract';
import type { PluginLogger } from '@pluggable/plugin-contract';
import { type OpenPlugin, openPlugin, type PluginState, type PluginStatus } from '@pluggable/plugin-host';
import type { CacheModuleOptions } from './cache.module-definition.js';
import { nestPluginLogger } from './nest-plugin-logger.js';
import { type CacheFailures, TolerantCache } from './tolerant-cache.js';

/** `none`: no plugin is configured, the no-op cache serves. */
export type CachePluginStatus = { readonly state: 'none' } | (PluginStatus & CacheFailures);

/** State and counts of the plugin behind `CACHE`. Inject it into a health check. */
export class CachePlugin implements OnApplicationShutdown {
  private constructor(
    /** What `CACHE` provides. */
    readonly cache: Cache,
    private readonly log: PluginLogger,
    private readonly live?: { readonly plugin: OpenPlugin<Cache>; readonly cache: TolerantCache },
  ) {}

  /** @throws PluginError when the plugin cannot be opened */
  static async open({ path = '', ...options }: CacheModuleOptions): Promise<CachePlugin> {
    const log = options.logger ?? nestPluginLogger('CacheModule');
    if (path === '') {
      log.info('no cache plugin configured; using nop cache');
      return new CachePlugin(new NopCache(), log);
    }
    const plugin = await openPlugin(CACHE_CONTRACT, { ...options, path, logger: log });
    const { name, version, state, error, config } = plugin.status();
    if (state === 'degraded') log.warn('cache plugin live, but degraded', { plugin: name, version, config, ...error });
    else log.info('cache plugin live', { plugin: name, version, config });
    const cache = new TolerantCache(plugin.proxy, log);
    return new CachePlugin(cache, log, { plugin, cache });
  }

  /** What is known of the plugin, without asking it. */
  status(): CachePluginStatus {
    return this.live ? { ...this.live.plugin.status(), ...this.live.cache.failures } : { state: 'none' };
  }

  /** Asks the plugin whether it is of use; the status keeps the answer. */
  async ping(): Promise<PluginState | 'none'> {
    return this.live ? await this.live.plugin.ping() : 'none';
  }

  /** Nest calls this after the server has closed, so that no request loses its cache. */
  async onApplicationShutdown(): Promise<void> {
    try {
      await this.live?.plugin.close();
    } catch (error) {
      this.log.warn('cache plugin not closed', { error: error instanceof Error ? error.message : String(error) });
    }
  }
}
