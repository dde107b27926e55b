// One line for each request, when it is over.
import type { NextFunction, Request, Response } from 'express';
import type { Logger } from 'pino';

export function requestLog(log: Logger) {
  return (request: Request, response: Response, next: NextFunction): void => {
    const startedMs = performance.now();
    response.once('close', () => {
      const durationMs = Math.round((performance.now() - startedMs) * 1000) / 1000;
      const { method, originalUrl: url } = request;
      if (response.writableFinished) {
        log.info({ method, url, status: response.statusCode, durationMs }, 'request completed');
      } else {
        log.info({ method, url, durationMs }, 'request cancelled');
      }
    });
    next();
  };
}
