// A span for each request. It is active while the request is handled, so that the spans of plugin calls become its children.
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
} from '@opentelemetry/api';
import type { RequestRunner } from '@pluggable/http-server';
import type { Request } from 'express';

const spans = new WeakMap<ServerResponse, Span>();

/** The id of the trace, for the log line of the request. */
export function traceFieldsOf(response: ServerResponse): Readonly<Record<string, string>> {
  const span = spans.get(response)?.spanContext();
  return span === undefined ? {} : { traceId: span.traceId, spanId: span.spanId };
}

/** Attributes and names by https://opentelemetry.io/docs/specs/semconv/http/http-spans/ */
export function requestSpans(tracer: Tracer): RequestRunner {
  return (request, response, handle) => {
    const { method = '', url = '' } = request;
    const [path, query] = url.split('?', 2);
    const span = tracer.startSpan(
      method,
      {
        kind: SpanKind.SERVER,
        attributes: {
          'http.request.method': method,
          'url.path': path,
          ...(query !== undefined && { 'url.query': query }),
          'url.scheme': 'http',
        },
      },
      propagation.extract(ROOT_CONTEXT, request.headers),
    );
    spans.set(response, span);
    response.on('close', () => end(span, request, response));
    context.with(trace.setSpan(ROOT_CONTEXT, span), handle);
  };
}

function end(span: Span, request: IncomingMessage, response: ServerResponse): void {
  const path: unknown = ((request as Request).route as { readonly path?: unknown } | undefined)?.path;
  if (typeof path === 'string') {
    span.updateName(`${request.method} ${path}`);
    span.setAttribute('http.route', path);
  }
  const { statusCode } = response;
  if (!response.writableFinished) span.setAttribute('error.type', 'cancelled');
  else span.setAttribute('http.response.status_code', statusCode);
  if (response.writableFinished && statusCode >= 500) {
    span.setAttribute('error.type', String(statusCode));
    span.setStatus({ code: SpanStatusCode.ERROR });
  }
  span.end();
}
