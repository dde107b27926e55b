// The durations of requests, by route template: a path of a client never becomes a label.
import { Injectable } from '@nestjs/common';
import type { RequestObserver } from '@pluggable/http-server';
import { type Histogram, MetricsRegistry } from '@pluggable/nestjs/metrics';
import type { Request } from 'express';

/** Upper bounds in seconds: those of the semantic conventions of OpenTelemetry, and shorter ones for hits. */
const BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
/** Methods of RFC 9110 and PATCH. Others count as `_OTHER`, as the semantic conventions say. */
const METHODS: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'TRACE',
  'CONNECT',
]);

@Injectable()
export class HttpMetrics {
  /** By route, then by method, status and kind of error, so that a request creates no new text. */
  private readonly known = new Map<string, Map<string, Map<number, Histogram>>>();
  private readonly durations;

  constructor(metrics: MetricsRegistry) {
    this.durations = metrics.histogram({
      name: 'http_server_request_duration_seconds',
      help: 'Duration of requests. A client that left before the end has no status, and the error type "cancelled".',
      labels: ['http_request_method', 'http_route', 'http_response_status_code', 'error_type'],
      buckets: BUCKETS,
    });
  }

  readonly observe: RequestObserver = (request, response, { durationMs, isCancelled }) => {
    const route = routeOf(request as Request);
    const method = METHODS.has(request.method ?? '') ? (request.method ?? '') : '_OTHER';
    const status = isCancelled ? 0 : response.statusCode;
    const known = this.known.get(route)?.get(method)?.get(status);
    (known ?? this.add(route, method, status)).observe(durationMs / 1_000);
  };

  private add(route: string, method: string, status: number): Histogram {
    const methods = this.known.get(route) ?? new Map<string, Map<number, Histogram>>();
    this.known.set(route, methods);
    const statuses = methods.get(method) ?? new Map<number, Histogram>();
    methods.set(method, statuses);
    const histogram = this.durations.of(
      method,
      route,
      status === 0 ? '' : String(status),
      status === 0 ? 'cancelled' : status >= 500 ? String(status) : '',
    );
    statuses.set(status, histogram);
    return histogram;
  }
}

/** The template of Express, such as `/fib/:n`; empty for a request that no route took. */
function routeOf({ route }: Request): string {
  const path: unknown = (route as { readonly path?: unknown } | undefined)?.path;
  return typeof path === 'string' ? path : '';
}
