// The module of GET /fib/:n.
import { Module } from '@nestjs/common';
import { CACHE, type FailOpenCache } from '@pluggable/cache';
import { ComputeMetrics } from './compute.metrics.js';
import { ComputeLeases } from './compute-leases.js';
import { ComputePool } from './compute-pool.js';
import { FibonacciController } from './fibonacci.controller.js';
import { ConfigurableModuleClass, FIBONACCI_OPTIONS, type FibonacciOptions } from './fibonacci.module-definition.js';
import { FibonacciService } from './fibonacci.service.js';
import { LeaseMetrics } from './lease.metrics.js';

@Module({
  controllers: [FibonacciController],
  providers: [
    FibonacciService,
    ComputeMetrics,
    LeaseMetrics,
    {
      provide: ComputePool,
      inject: [FIBONACCI_OPTIONS, ComputeMetrics],
      useFactory: ({ compute, log }: FibonacciOptions, metrics: ComputeMetrics) =>
        ComputePool.start(compute, log, metrics),
    },
    {
      provide: ComputeLeases,
      inject: [CACHE, FIBONACCI_OPTIONS, ComputePool, LeaseMetrics],
      useFactory: (
        cache: FailOpenCache,
        { lease, compute, expirationMs, log }: FibonacciOptions,
        { clock }: ComputePool,
        metrics: LeaseMetrics,
      ) => new ComputeLeases(cache, { ...lease, ...compute, expirationMs }, clock, metrics, log),
    },
  ],
  exports: [FibonacciService],
})
export class FibonacciModule extends ConfigurableModuleClass {}
