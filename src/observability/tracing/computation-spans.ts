// A span for each computation, with its wait for a worker.
import { tracingChannel } from 'node:diagnostics_channel';
import { type Span, SpanStatusCode, type Tracer } from '@opentelemetry/api';
import { COMPUTATIONS, type Computation } from '../../fibonacci/computation-channel.js';

/** @returns ends the tracing when it is disposed of */
export function computationSpans(tracer: Tracer): Disposable {
  const spans = new WeakMap<Computation, Span>();
  const subscribers = {
    start: (computation: Computation): void => {
      spans.set(computation, tracer.startSpan('compute', { attributes: { 'fibonacci.n': computation.n } }));
    },
    asyncEnd: (computation: Computation & { error?: unknown }): void => {
      const span = spans.get(computation);
      if (computation.error !== undefined) span?.setStatus({ code: SpanStatusCode.ERROR });
      span?.end();
    },
  };
  const channel = tracingChannel<Computation>(COMPUTATIONS);
  channel.subscribe(subscribers);
  return { [Symbol.dispose]: () => channel.unsubscribe(subscribers) };
}
