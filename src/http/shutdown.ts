// The end on SIGTERM or SIGINT: no new requests, those in flight end, then cache, workers and logs.
import type { Server } from 'node:http';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NextFunction, Request, Response } from 'express';
import type { Logger } from 'pino';

/** How often connections that have become idle are closed, in milliseconds. */
const IDLE_SWEEP_MS = 100;
/** A second signal within this time is the same key: a terminal and npm may both send the one Ctrl-C. In milliseconds. */
const SAME_SIGNAL_MS = 500;

export interface Shutdown {
  /** Tells clients on kept connections to leave, once the end has begun. */
  readonly middleware: (request: Request, response: Response, next: NextFunction) => void;
}

/**
 * Ends the process with exit code 0, at the latest `graceMs` and the plugin's own close after the signal: requests that
 * then still run lose their connection. A second signal ends it at once, with exit code 1.
 */
export function shutDownOnSignal(app: NestExpressApplication, options: { graceMs: number; log: Logger }): Shutdown {
  const { graceMs, log } = options;
  let startedMs: number | undefined;

  const onSignal = (signal: NodeJS.Signals): void => {
    if (startedMs !== undefined) {
      if (performance.now() - startedMs > SAME_SIGNAL_MS) process.exit(1);
      return;
    }
    startedMs = performance.now();
    log.info({ signal }, 'shutting down');
    close(app, graceMs).then(
      () => {
        log.info('application stopped');
        process.exit(0);
      },
      (error: unknown) => {
        log.fatal({ err: error }, 'shutdown failed');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);

  return {
    middleware: (_request, response, next) => {
      if (startedMs !== undefined) response.setHeader('Connection', 'close');
      next();
    },
  };
}

async function close(app: NestExpressApplication, graceMs: number): Promise<void> {
  const server: Server = app.getHttpServer();
  const sweep = setInterval(() => server.closeIdleConnections(), IDLE_SWEEP_MS);
  const limit = setTimeout(() => server.closeAllConnections(), graceMs);
  try {
    await app.close();
  } finally {
    clearInterval(sweep);
    clearTimeout(limit);
  }
}
