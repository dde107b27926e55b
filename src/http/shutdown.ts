// The end of the process on SIGTERM or SIGINT.
import type { INestApplication } from '@nestjs/common';
import type { Logger } from 'pino';

/** A second signal within this time is the same key: a terminal and npm may both send the one Ctrl-C. In milliseconds. */
const SAME_SIGNAL_MS = 500;

/** Closes the application and ends the process with exit code 0. A second signal ends it at once, with exit code 1. */
export function shutDownOnSignal(app: INestApplication, log: Logger): void {
  let startedMs: number | undefined;

  const onSignal = (signal: NodeJS.Signals): void => {
    if (startedMs !== undefined) {
      if (performance.now() - startedMs > SAME_SIGNAL_MS) process.exit(1);
      return;
    }
    startedMs = performance.now();
    log.info({ signal }, 'shutting down');
    app.close().then(
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
}
