// Metrics of plugins in the text format of Prometheus, for any Nest application.
export { Counter, Histogram, MetricsRegistry, Series } from './metrics-registry.js';
export type { HistogramOptions, MetricOptions, Sample } from './metrics-registry.js';
export { countPlugins, observePlugins } from './plugin-metrics.js';
