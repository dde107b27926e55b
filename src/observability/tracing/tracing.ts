// OpenTelemetry, loaded only when its standard variables ask for it: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
import { setTimeout as delay } from 'node:timers/promises';
import type { ServerResponse } from 'node:http';
import { exportVariables } from '../../config/config.js';
import type { RequestRunner } from '@pluggable/http-server';

type Environment = Readonly<Record<string, string | undefined>>;

export interface Tracing {
  /** Runs each request in a span of its own. */
  readonly runRequest: RequestRunner;
  /** Fields of the log line of a request. */
  readonly fieldsOf: (response: ServerResponse) => Readonly<Record<string, string>>;
  /** Sends the last spans, within 2 s. Never rejects. */
  shutdown(): Promise<void>;
}

const NAME = 'pluggable';
/** Longest time for the last spans, in milliseconds: a collector may be unreachable. */
const LAST_SPANS_MS = 2_000;

/** Whether a variable asks for traces: an endpoint or an exporter. */
function wantsTracing(environment: Environment): boolean {
  const isSet = (name: string): boolean => (environment[name] ?? '') !== '';
  if (environment['OTEL_SDK_DISABLED'] === 'true' || environment['OTEL_TRACES_EXPORTER'] === 'none') return false;
  return ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_TRACES_EXPORTER'].some(isSet);
}

/**
 * Starts the SDK. It reads its variables itself, so those of .env are set in the environment of the process first.
 * @returns undefined if no variable asks for traces
 */
export async function startTracing(environment: Environment): Promise<Tracing | undefined> {
  if (!wantsTracing(environment)) return undefined;
  const [{ NodeSDK }, { trace }, { tracePlugins }, { requestSpans, traceFieldsOf }, { computationSpans }] =
    await Promise.all([
      import('@opentelemetry/sdk-node'),
      import('@opentelemetry/api'),
      import('@pluggable/otel'),
      import('./request-spans.js'),
      import('./computation-spans.js'),
    ]);
  exportVariables(environment, 'OTEL_');
  const sdk = new NodeSDK({
    serviceName: environment['OTEL_SERVICE_NAME'] || NAME,
    instrumentations: [],
    metricReaders: [],
    logRecordProcessors: [],
  });
  sdk.start();
  const tracer = trace.getTracer(NAME);
  const subscriptions = [tracePlugins(), computationSpans(tracer)];
  return {
    runRequest: requestSpans(tracer),
    fieldsOf: traceFieldsOf,
    shutdown: async () => {
      for (const subscription of subscriptions) subscription[Symbol.dispose]();
      await Promise.race([sdk.shutdown().catch(() => undefined), delay(LAST_SPANS_MS, undefined, { ref: false })]);
    },
  };
}
