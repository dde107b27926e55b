// The cache plugin as a health indicator: never down, because without it the service computes.
import { Injectable } from '@nestjs/common';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import { CachePlugin } from '@pluggable/cache';

@Injectable()
export class CacheHealth {
  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly plugin: CachePlugin,
  ) {}

  async check(): Promise<HealthIndicatorResult> {
    await this.plugin.ping();
    const status = this.plugin.status();
    const { state, plugin, failure, lookups, writes } = status;
    const indicator = this.indicators.check('cache');
    if (state === 'none') return indicator.up({ state, lookups, writes });

    // Who may ask for health may not see paths and settings.
    const { name, version, mode, since, restarts, openBreakers } = plugin ?? {};
    const error = (plugin ? plugin.error : failure?.error)?.code ?? null;
    const shown = { state, name, version, mode, since, restarts, openBreakers, error, lookups, writes };
    return state === 'live' ? indicator.up(shown) : indicator.degraded(shown);
  }
}
