// The plugin behind the CACHE token: opened at start, watched by health checks, replaced on demand, closed after the server.
import type { OnApplicationShutdown, OnModuleDestroy } from '@nestjs/common';
import { type Cache, CACHE_HOST_CONTRACT, NopCache } from './contract/index.js';
import type { PluginLogger } from '@pluggable/contract';
import {
  guardedLogger,
  PluginError,
  PluginSlot,
  type PluginStatus,
  type SlotStatus,
  type SwapOptions,
} from '@pluggable/host';
import type { CacheModuleOptions } from './cache.module-definition.js';
import { nestPluginLogger } from '@pluggable/nestjs';
import { type CacheCounts, FailOpenCache } from './fail-open-cache.js';

/**
 * `state` is the plugin's, or `none`: no plugin is configured, or `failed`: the one that is configured did not start. With
 * both the no-op cache serves.
 */
export interface CachePluginStatus extends SlotStatus, CacheCounts {
  readonly state: PluginStatus['state'] | 'none' | 'failed';
}

/** State and counts of the plugin behind `CACHE`, and its replacement. Inject it into a health check or an admin route. */
export class CachePlugin implements OnModuleDestroy, OnApplicationShutdown {
  /** What `CACHE` provides. */
  readonly cache: FailOpenCache;

  private constructor(
    private readonly slot: PluginSlot<Cache>,
    private readonly log: PluginLogger,
    private readonly swapFrom: { readonly directory: string; readonly settingName: string },
  ) {
    this.cache = new FailOpenCache(slot.proxy, log, () => !slot.isEmpty);
  }

  /** @throws PluginError when the plugin cannot be opened and is required */
  static async open({ required, directory, signal, ...options }: CacheModuleOptions): Promise<CachePlugin> {
    const log = guardedLogger(options.logger ?? nestPluginLogger('CacheModule'));
    if (options.path === undefined || options.path === '') log.info('no cache plugin configured; using nop cache');
    const slot = await PluginSlot.open(CACHE_HOST_CONTRACT, {
      plugin: { ...options, logger: log },
      fallback: new NopCache(),
      required,
      signal,
      onLive: ({ name, version, mode, state, error, config }) => {
        const fields = { plugin: name, version, mode, config };
        if (state === 'degraded') log.warn('cache plugin live, but degraded', { ...fields, ...error });
        else log.info('cache plugin live', fields);
      },
      onFailure: ({ error, attempts, nextAttempt }) =>
        log.error('cache plugin not started; using nop cache, will be tried again', {
          code: error.code,
          error: error.message,
          attempts,
          nextAttempt,
        }),
    });
    const settingName = options.settingNames?.directory ?? 'the option directory';
    return new CachePlugin(slot, log, { directory: directory ?? '', settingName });
  }

  /** What is known of the plugin, without asking it. */
  status(): CachePluginStatus {
    const status = this.slot.status();
    const state = status.plugin?.state ?? (status.failure === null ? 'none' : 'failed');
    return { state, ...status, ...this.cache.counts };
  }

  /** Asks the plugin whether it is of use; the status keeps the answer. */
  async ping(): Promise<CachePluginStatus['state']> {
    await this.slot.ping();
    return this.status().state;
  }

  /**
   * Replaces the plugin while it serves, by one from the module's `directory`. Lasts until the application ends.
   * @throws PluginError see `PluginSlot.swap`; the old plugin goes on. PLUGIN_OUTSIDE_DIRECTORY also when there is no `directory`
   */
  async swap(change: Omit<SwapOptions, 'directory'>): Promise<CachePluginStatus> {
    const { directory, settingName } = this.swapFrom;
    if (directory === '') {
      throw new PluginError('PLUGIN_OUTSIDE_DIRECTORY', {
        path: change.path,
        found: 'no folder from which plugins are swapped in',
        wanted: 'one',
        fix: `set ${settingName}`,
      });
    }
    await this.slot.swap({ ...change, directory });
    return this.status();
  }

  /** Nest calls this when the shutdown begins. */
  onModuleDestroy(): void {
    this.slot.seal();
  }

  /** Nest calls this after the server has closed, so that no request loses its cache. */
  async onApplicationShutdown(): Promise<void> {
    try {
      await this.slot.close();
    } catch (error) {
      this.log.warn('cache plugin not closed', { error: error instanceof Error ? error.message : String(error) });
    }
  }
}
