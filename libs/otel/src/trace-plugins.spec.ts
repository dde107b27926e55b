// Spans of real plugins in every isolation, by the SDK of OpenTelemetry.
import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { ISOLATIONS } from '@pluggable/host';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openCache, pluginFile } from '../../../test/support/built-host.js';
import { tracePlugins } from './trace-plugins.js';

const exporter = new InMemorySpanExporter();
const tracerProvider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });

const PLUGIN = pluginFile(`
  import { tracingChannel } from 'node:diagnostics_channel';
  export const manifest = { kind: 'cache', contract: 1, name: 'traced', version: '1.2.3', telemetry: ['demo:query'] };
  const channel = tracingChannel('demo:query');
  export const Factory = () => ({
    async get(key, options) {
      await channel.tracePromise(() => new Promise((resolve) => setTimeout(resolve, 5)), { db: 7 });
      if (key === 'fails') throw new Error('no');
      return { traceparent: options.traceparent };
    },
    async set() {},
  });
`);

function spanOf(name: string): ReadableSpan {
  const found = exporter.getFinishedSpans().find((span) => span.name === name);
  if (found === undefined) throw new Error(`found no span ${name}`);
  return found;
}

function traceUntilEnd(): void {
  const tracing = tracePlugins({ tracerProvider });
  onTestFinished(() => tracing[Symbol.dispose]());
}

function millisecondsOf([seconds, nanos]: readonly [number, number]): number {
  return seconds * 1_000 + nanos / 1e6;
}

beforeAll(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()));
afterEach(() => exporter.reset());
afterAll(() => context.disable());

describe.each(ISOLATIONS)('%s', (isolation) => {
  it('is a child of the span of its caller, and parent of the operations of its libraries', async () => {
    traceUntilEnd();
    const plugin = await openCache(PLUGIN, { isolation });
    const request = tracerProvider.getTracer('test').startSpan('request');
    const answer = await context.with(trace.setSpan(context.active(), request), () => plugin.proxy.get('key'));
    request.end();
    await plugin.close();

    const [call, operation] = [spanOf('cache.get'), spanOf('demo:query')];
    const { traceId, spanId } = call.spanContext();
    expect(call).toMatchObject({
      parentSpanContext: { spanId: request.spanContext().spanId },
      status: { code: SpanStatusCode.UNSET },
      attributes: {
        'pluggable.contract': 'cache',
        'pluggable.plugin': 'traced',
        'pluggable.version': '1.2.3',
        'pluggable.isolation': isolation,
        'pluggable.method': 'get',
      },
    });
    expect(traceId).toBe(request.spanContext().traceId);
    expect(answer).toEqual({ traceparent: `00-${traceId}-${spanId}-01` });
    expect(operation).toMatchObject({
      kind: SpanKind.CLIENT,
      parentSpanContext: { spanId },
      attributes: { db: 7, 'pluggable.channel': 'demo:query' },
    });
    expect(millisecondsOf(operation.duration)).toBeGreaterThanOrEqual(4);
    expect(millisecondsOf(operation.startTime)).toBeGreaterThan(millisecondsOf(call.startTime) - 5);
    expect(millisecondsOf(operation.endTime)).toBeLessThan(millisecondsOf(call.endTime) + 5);
  });

  it('has the code of a failed call', async () => {
    traceUntilEnd();
    const plugin = await openCache(PLUGIN, { isolation });
    await expect(plugin.proxy.get('fails')).rejects.toBeInstanceOf(Error);
    await plugin.close();

    expect(spanOf('cache.get')).toMatchObject({
      status: { code: SpanStatusCode.ERROR, message: expect.stringContaining('(no)') },
      attributes: { 'error.type': 'PLUGIN_CALL_FAILED' },
    });
  });
});

it('records nothing after its end', async () => {
  tracePlugins({ tracerProvider })[Symbol.dispose]();
  const plugin = await openCache(PLUGIN);
  await plugin.proxy.get('key');
  await plugin.close();
  expect(exporter.getFinishedSpans()).toEqual([]);
});
