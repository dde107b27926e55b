// The health indicator of the computations: always up, because a full queue is temporary.
import { Injectable } from '@nestjs/common';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import { FibonacciService } from '../fibonacci/fibonacci.service.js';

@Injectable()
export class ComputeHealth {
  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly service: FibonacciService,
  ) {}

  check(): HealthIndicatorResult {
    const { workers, busy, queued, flights } = this.service.load();
    return this.indicators.check('compute').up({ workers, busy, queued, flights });
  }
}
