// One log line per request, at its end.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';

export function requestLog(log: Logger) {
  return (request: IncomingMessage, response: ServerResponse) => {
    const startedMs = performance.now();
    const { method, url } = request;
    return (): void => {
      const durationMs = Math.round((performance.now() - startedMs) * 1000) / 1000;
      if (response.writableFinished) {
        log.info({ method, url, status: response.statusCode, durationMs }, 'request completed');
      } else {
        log.info({ method, url, durationMs }, 'request cancelled');
      }
    };
  };
}
