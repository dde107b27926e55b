// One health indicator for all plugins.
import { Inject, Injectable } from '@nestjs/common';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import type { PluginMap } from '../registry/plugin-map.js';
import type { PluginRef, PluginRefStatus } from '../registry/plugin-ref.js';
import { PluginRegistry } from '../registry/plugin-registry.js';

export interface PluginHealthOptions {
  /** Plugins without which the application is of no use, by their names in the registry: `down` unless live. @default none */
  readonly mustBeLive?: readonly string[] | undefined;
}

/**
 * Pings every plugin, and tells each under its name in the registry: `up` when it is live, or when none is configured; else
 * `degraded` (in Terminus 11, which has no such status, `up`), or `down` for those that must be live. A folder is told as
 * `kind/*`: `degraded` while one of its files fails. Unopened plugins are left out. Paths and settings are left out, too.
 *
 * Add it to `providers` beside `TerminusModule`.
 * @example this.health.check([() => this.plugins.check({ mustBeLive: ['mailer'] })])
 */
@Injectable()
export class PluginHealthIndicator {
  constructor(
    @Inject(HealthIndicatorService) private readonly indicators: HealthIndicatorService,
    @Inject(PluginRegistry) private readonly registry: PluginRegistry,
  ) {}

  /** @returns a result for each plugin and each folder, by their names. Each ping ends at the deadline of the method: 1 s by default */
  async check({ mustBeLive = [] }: PluginHealthOptions = {}): Promise<HealthIndicatorResult> {
    const { plugins, folders } = this.registry;
    const opened = plugins.filter((ref) => ref.status().state !== 'unopened');
    const results = await Promise.all(opened.map((ref) => this.resultOf(ref, mustBeLive.includes(ref.name))));
    const unknown = mustBeLive.filter((name) => this.registry.get(name) === undefined);
    return Object.assign(
      {},
      ...results,
      ...folders.map((folder) => this.resultOfFolder(folder)),
      ...unknown.map((name) => this.indicators.check(name).down('there is no such plugin')),
    ) as HealthIndicatorResult;
  }

  private async resultOf(ref: PluginRef, mustBeLive: boolean): Promise<HealthIndicatorResult> {
    await ref.ping();
    const status = ref.status();
    const { status: _, ...details } = status.details;
    const shown = { ...details, ...shownOf(status) };
    if (status.state === 'live') return this.indicators.check(ref.name).up(shown);
    if (mustBeLive) return this.indicators.check(ref.name).down(shown);
    return status.state === 'none' ? this.indicators.check(ref.name).up(shown) : this.degraded(ref.name, shown);
  }

  private resultOfFolder({ name, size, failed }: PluginMap<object>): HealthIndicatorResult {
    const key = `${name}/*`;
    const shown = { plugins: size, failed: failed.size };
    return failed.size === 0 ? this.indicators.check(key).up(shown) : this.degraded(key, shown);
  }

  private degraded(key: string, shown: Record<string, unknown>): HealthIndicatorResult {
    const indicator: { up(data: object): HealthIndicatorResult; degraded?(data: object): HealthIndicatorResult } =
      this.indicators.check(key);
    return indicator.degraded?.(shown) ?? indicator.up(shown);
  }
}

/** Health is public: without paths and settings. */
function shownOf({ state, plugin, failure }: PluginRefStatus): Record<string, unknown> {
  if (state === 'none') return { state };
  const { name, version, isolation, since, restarts, openBreakers } = plugin ?? {};
  const error = (plugin === null ? failure?.error : plugin.error)?.code ?? null;
  return { state, name, version, isolation, since, restarts, openBreakers, error };
}
