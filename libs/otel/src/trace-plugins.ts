// Spans of plugin calls, and of the operations of the plugins' libraries.
import { tracingChannel } from 'node:diagnostics_channel';
import {
  context,
  type Context,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Tracer,
  type TracerProvider,
} from '@opentelemetry/api';
import { type LibrarySpan, PLUGIN_CHANNELS, type TracedCall } from '@pluggable/host';

const NAME = '@pluggable/otel';

/** Options of {@link tracePlugins}. */
export interface TracePluginsOptions {
  /** Creates the spans. @default the global provider of `@opentelemetry/api` */
  readonly tracerProvider?: TracerProvider | undefined;
}

/**
 * Creates a span for each call of a plugin, named `<contract>.<method>`. Its parent is the active span of the caller. The operations of
 * the plugin's libraries, whose channels its manifest names in `telemetry`, become its children, also in a worker or a process.
 *
 * Attributes of a call: `pluggable.contract`, `pluggable.plugin`, `pluggable.version`, `pluggable.isolation`, `pluggable.method`,
 * and `error.type`, the code of the error. Attributes of an operation: `pluggable.channel`, and those of the library.
 *
 * @returns ends the tracing when it is disposed of
 * @throws never
 * @example
 * const tracing = tracePlugins(); // after the SDK was started
 */
export function tracePlugins({ tracerProvider = trace }: TracePluginsOptions = {}): Disposable {
  const tracer = tracerProvider.getTracer(NAME);
  const spans = new WeakMap<TracedCall, Span>();
  const subscribers = {
    start: (call: TracedCall): void => {
      const span = startSpan(tracer, call);
      spans.set(call, span);
      if (span.isRecording()) call.traceparent = traceparentOf(span);
    },
    asyncEnd: (call: TracedCall & { error?: unknown }): void => {
      const span = spans.get(call);
      if (span === undefined) return;
      const parent = trace.setSpan(context.active(), span);
      for (const one of call.spans) recordOperation(tracer, one, parent);
      if (call.error !== undefined) recordError(span, call.error);
      span.end();
    },
  };
  const channel = tracingChannel<TracedCall>(PLUGIN_CHANNELS.call);
  channel.subscribe(subscribers);
  return { [Symbol.dispose]: () => channel.unsubscribe(subscribers) };
}

function startSpan(tracer: Tracer, { contract, plugin, version, isolation, method }: TracedCall): Span {
  return tracer.startSpan(`${contract}.${method}`, {
    attributes: {
      'pluggable.contract': contract,
      'pluggable.plugin': plugin,
      ...(version !== null && { 'pluggable.version': version }),
      'pluggable.isolation': isolation,
      'pluggable.method': method,
    },
  });
}

function recordOperation(
  tracer: Tracer,
  { channel, startMs, endMs, error, attributes }: LibrarySpan,
  parent: Context,
): void {
  const options = {
    kind: SpanKind.CLIENT,
    startTime: startMs,
    attributes: { ...attributes, 'pluggable.channel': channel },
  };
  const span = tracer.startSpan(channel, options, parent);
  if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: error });
  span.end(endMs);
}

function recordError(span: Span, error: unknown): void {
  const isNamed = error instanceof Error;
  const code: unknown = isNamed && 'code' in error ? error.code : undefined;
  span.setAttribute('error.type', typeof code === 'string' ? code : isNamed ? error.name : typeof error);
  span.setStatus({ code: SpanStatusCode.ERROR, message: isNamed ? error.message : String(error) });
}

/** https://www.w3.org/TR/trace-context/#traceparent-header */
function traceparentOf(span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext();
  const flags = (traceFlags & TraceFlags.SAMPLED).toString(16).padStart(2, '0');
  return `00-${traceId}-${spanId}-${flags}`;
}
