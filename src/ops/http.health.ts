// The HTTP server as a health indicator: down while it drains, so that nobody sends new requests.
import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import type { DrainingAdapter } from '../http/draining-adapter.js';

@Injectable()
export class HttpHealth {
  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly host: HttpAdapterHost<DrainingAdapter>,
  ) {}

  check(): HealthIndicatorResult {
    const { isDraining, requestsInFlight, connections } = this.host.httpAdapter;
    const indicator = this.indicators.check('http');
    if (isDraining) return indicator.down('the service ends');
    return indicator.up({ requests: requestsInFlight, connections: connections.size });
  }
}
