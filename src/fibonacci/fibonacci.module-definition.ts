// The options of the Fibonacci module.
import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { Logger } from 'pino';
import type { ComputePoolOptions } from './compute-pool.js';
import type { LeaseOptions } from './lease-options.js';

export interface FibonacciOptions {
  /** Largest n that is accepted. */
  readonly maxN: number;
  /** How long a computed value is kept in the cache, in milliseconds. */
  readonly expirationMs: number;
  readonly compute: ComputePoolOptions;
  readonly lease: LeaseOptions;
  readonly log: Logger;
}

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN: FIBONACCI_OPTIONS } =
  new ConfigurableModuleBuilder<FibonacciOptions>().setClassMethodName('forRoot').build();
