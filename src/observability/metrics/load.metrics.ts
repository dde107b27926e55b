// The metrics of the current load: requests, connections, flights, workers.
import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { DrainingAdapter } from '@pluggable/http-server';
import { MetricsRegistry } from '@pluggable/nestjs/metrics';
import { FibonacciService } from '../../fibonacci/fibonacci.service.js';

@Injectable()
export class LoadMetrics {
  constructor(metrics: MetricsRegistry, service: FibonacciService, host: HttpAdapterHost<DrainingAdapter>) {
    const gauge = (name: string, help: string, read: () => number): void =>
      metrics.observe('gauge', { name, help }, () => [[read()]]);
    const adapter = (): DrainingAdapter => host.httpAdapter;
    gauge('pluggable_flights', 'Different n that are being computed or stored.', () => service.load().flights);
    gauge('pluggable_compute_workers', 'Worker threads that compute.', () => service.load().workers);
    gauge('pluggable_compute_workers_busy', 'Worker threads that compute now.', () => service.load().busy);
    gauge('pluggable_compute_queue_length', 'Computations that wait for a worker.', () => service.load().queued);
    gauge(
      'pluggable_http_requests_in_flight',
      'Requests without a complete answer, with streams of events.',
      () => adapter().requestsInFlight,
    );
    gauge('pluggable_http_connections', 'Open connections.', () => adapter().connections.size);
    metrics.observe(
      'counter',
      {
        name: 'pluggable_http_connections_refused_total',
        help: 'Connections that were closed at once because of the limit of connections.',
      },
      () => [[adapter().refusedConnections]],
    );
  }
}
