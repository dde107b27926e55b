// The health indicator for all plugins.
import { Inject, Injectable } from '@nestjs/common';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import type { PluginMap } from '../registry/plugin-map.js';
import type { PluginRef } from '../registry/plugin-ref.js';
import type { PluginRefStatus } from '../registry/plugin-ref-status.js';
import { PluginRegistry } from '../registry/plugin-registry.js';

/** Options of {@link PluginHealthIndicator.check}. */
export interface PluginHealthOptions {
  /** Names in the registry of plugins that the application needs. They are `down` unless they are live. @default [] */
  readonly mustBeLive?: readonly string[] | undefined;
}

/**
 * Pings all plugins and reports each under its name in the registry:
 *
 * - `up` if the plugin is live, or if no path is configured
 * - `down` if it must be live and is not
 * - else `degraded` (Terminus 11 has no such status and reports `up`)
 *
 * A folder is reported as `kind/*`: `degraded` while a file cannot be opened. Unopened plugins are omitted. The result contains no
 * paths and no configuration. Import `TerminusModule` and add the indicator to `providers`.
 * @example this.health.check([() => this.plugins.check({ mustBeLive: ['mailer'] })])
 */
@Injectable()
export class PluginHealthIndicator {
  constructor(
    @Inject(HealthIndicatorService) private readonly indicators: HealthIndicatorService,
    @Inject(PluginRegistry) private readonly registry: PluginRegistry,
  ) {}

  /** Pings all plugins. Each ping has a deadline, 1 s by default. It never rejects. @returns one result for each plugin and folder, by name */
  async check({ mustBeLive = [] }: PluginHealthOptions = {}): Promise<HealthIndicatorResult> {
    const { plugins, folders } = this.registry;
    const opened = plugins.filter((ref) => ref.status().state !== 'unopened');
    const results = await Promise.all(opened.map((ref) => this.resultOf(ref, mustBeLive.includes(ref.name))));
    const unknown = mustBeLive.filter((name) => this.registry.get(name) === undefined);
    return Object.assign(
      {},
      ...results,
      ...folders.map((folder) => this.resultOfFolder(folder)),
      ...unknown.map((name) => this.indicators.check(name).down('unknown plugin')),
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

/** Health is public, so paths and configuration are omitted. */
function shownOf({ state, plugin, failure }: PluginRefStatus): Record<string, unknown> {
  if (state === 'none') return { state };
  const { name, version, isolation, since, restarts, openBreakers } = plugin ?? {};
  const error = (plugin === null ? failure?.error : plugin.error)?.code ?? null;
  return { state, name, version, isolation, since, restarts, openBreakers, error };
}
