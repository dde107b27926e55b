// The module of GET /fib/:n.
import { Module } from '@nestjs/common';
import { ComputeMetrics } from './compute.metrics.js';
import { ComputePool } from './compute-pool.js';
import { FibonacciController } from './fibonacci.controller.js';
import { ConfigurableModuleClass, FIBONACCI_OPTIONS, type FibonacciOptions } from './fibonacci.module-definition.js';
import { FibonacciService } from './fibonacci.service.js';

@Module({
  controllers: [FibonacciController],
  providers: [
    FibonacciService,
    ComputeMetrics,
    {
      provide: ComputePool,
      inject: [FIBONACCI_OPTIONS, ComputeMetrics],
      useFactory: ({ compute, log }: FibonacciOptions, metrics: ComputeMetrics) =>
        ComputePool.start(compute, log, metrics),
    },
  ],
  exports: [FibonacciService],
})
export class FibonacciModule extends ConfigurableModuleClass {}
