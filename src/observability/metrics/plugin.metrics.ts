// The metrics of the states of plugins.
import { Injectable } from '@nestjs/common';
import { PluginRegistry } from '@pluggable/nestjs';
import { MetricsRegistry, observePlugins } from '@pluggable/nestjs/metrics';

@Injectable()
export class PluginMetrics {
  constructor(metrics: MetricsRegistry, plugins: PluginRegistry) {
    observePlugins(metrics, plugins);
  }
}
