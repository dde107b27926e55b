// The metrics of the application, and the route GET /metrics.
import { type DynamicModule, Global, Module } from '@nestjs/common';
import { countPlugins, MetricsRegistry } from '@pluggable/nestjs/metrics';
import { CacheMetrics } from './cache.metrics.js';
import { HttpMetrics } from './http.metrics.js';
import { LoadMetrics } from './load.metrics.js';
import { MetricsController } from './metrics.controller.js';
import { PluginMetrics } from './plugin.metrics.js';
import { addRuntimeMetrics } from './runtime-metrics.js';

@Global()
@Module({ providers: [MetricsRegistry], exports: [MetricsRegistry] })
export class MetricsModule {
  /** Counts from now on, so that the first start of a plugin is counted. @param isOn false: without the route and its metrics */
  static register(isOn: boolean, fibonacci: DynamicModule): DynamicModule {
    if (!isOn) return { module: MetricsModule };
    const metrics = new MetricsRegistry();
    addRuntimeMetrics(metrics);
    countPlugins(metrics);
    return {
      module: MetricsModule,
      imports: [fibonacci],
      controllers: [MetricsController],
      providers: [
        { provide: MetricsRegistry, useValue: metrics },
        CacheMetrics,
        HttpMetrics,
        LoadMetrics,
        PluginMetrics,
      ],
    };
  }
}
