// The metrics of cache look-ups and writes.
import { Inject, Injectable } from '@nestjs/common';
import { CACHE, type FailOpenCache } from '@pluggable/cache';
import { MetricsRegistry, type Sample } from '@pluggable/nestjs/metrics';

@Injectable()
export class CacheMetrics {
  constructor(metrics: MetricsRegistry, @Inject(CACHE) cache: FailOpenCache) {
    metrics.observe(
      'counter',
      { name: 'pluggable_cache_lookups_total', help: 'Cache look-ups, by outcome.', labels: ['outcome'] },
      () => samples(cache.counts.lookups),
    );
    metrics.observe(
      'counter',
      { name: 'pluggable_cache_writes_total', help: 'Cache writes, by outcome.', labels: ['outcome'] },
      () => samples(cache.counts.writes),
    );
  }
}

function samples(counts: Readonly<Record<string, number>>): readonly Sample[] {
  return Object.entries(counts).map(([outcome, count]) => [count, outcome]);
}
