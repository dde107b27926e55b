// One log line per request, at its end, and its duration for the metrics.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { requestIdOf } from './request-id.js';

/**
 * Called with each request at the end of its response, except with a stream of events, whose duration says nothing.
 * `isCancelled`: the client left before the end.
 */
export type RequestObserver = (
  request: IncomingMessage,
  response: ServerResponse,
  end: { readonly durationMs: number; readonly isCancelled: boolean },
) => void;

const EVENT_STREAM = 'text/event-stream';

export interface RequestLogOptions {
  readonly log: Logger;
  /** @default nothing is called */
  readonly observe?: RequestObserver | undefined;
  /** Further fields of the line, for example the id of a trace. @default none */
  readonly fieldsOf?: ((response: ServerResponse) => Readonly<Record<string, unknown>>) | undefined;
}

export function requestLog({ log, observe, fieldsOf }: RequestLogOptions) {
  return (request: IncomingMessage, response: ServerResponse) => {
    const startedMs = performance.now();
    const { method, url } = request;
    return (): void => {
      const durationMs = Math.round((performance.now() - startedMs) * 1000) / 1000;
      const requestId = requestIdOf(response);
      const more = fieldsOf?.(response);
      const isCancelled = !response.writableFinished;
      if (response.getHeader('Content-Type') === EVENT_STREAM) {
        log.info({ method, url, status: response.statusCode, durationMs, requestId, ...more }, 'event stream ended');
        return;
      }
      observe?.(request, response, { durationMs, isCancelled });
      if (!isCancelled) {
        log.info({ method, url, status: response.statusCode, durationMs, requestId, ...more }, 'request completed');
      } else {
        log.info({ method, url, durationMs, requestId, ...more }, 'request cancelled');
      }
    };
  };
}
