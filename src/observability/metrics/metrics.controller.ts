// The route GET /metrics.
import { Controller, Get, Header } from '@nestjs/common';
import { MetricsRegistry } from '@pluggable/nestjs/metrics';

@Controller('metrics')
export class MetricsController {
  constructor(private readonly metrics: MetricsRegistry) {}

  /** All metrics in the text format of Prometheus. */
  @Get()
  @Header('Content-Type', 'text/plain; version=0.0.4; charset=utf-8')
  @Header('Cache-Control', 'no-store')
  text(): string {
    return this.metrics.text();
  }
}
