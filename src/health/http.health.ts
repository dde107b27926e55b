// The health indicator of the HTTP server: down during a shutdown and while no connection is accepted.
import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import type { DrainingAdapter } from '@pluggable/http-server';

@Injectable()
export class HttpHealth {
  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly host: HttpAdapterHost<DrainingAdapter>,
  ) {}

  check(): HealthIndicatorResult {
    const { isEnding, shortage, requestsInFlight, connections } = this.host.httpAdapter;
    const indicator = this.indicators.check('http');
    if (isEnding) return indicator.down('the service is shutting down');
    if (shortage !== undefined) return indicator.down(shortage);
    return indicator.up({ requests: requestsInFlight, connections: connections.size });
  }
}
