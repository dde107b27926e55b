// The module of GET /fib/:n.
import { Module } from '@nestjs/common';
import { ComputePool } from './compute-pool.js';
import { FibonacciController } from './fibonacci.controller.js';
import { ConfigurableModuleClass, FIBONACCI_OPTIONS, type FibonacciOptions } from './fibonacci.module-definition.js';
import { FibonacciService } from './fibonacci.service.js';

@Module({
  controllers: [FibonacciController],
  providers: [
    FibonacciService,
    {
      provide: ComputePool,
      inject: [FIBONACCI_OPTIONS],
      useFactory: ({ compute, log }: FibonacciOptions) => ComputePool.start(compute, log),
    },
  ],
  exports: [FibonacciService],
})
export class FibonacciModule extends ConfigurableModuleClass {}
