// The end of the process: on SIGTERM or SIGINT, or with the npm that runs it.
import type { INestApplication } from '@nestjs/common';
import type { Logger } from 'pino';

/** A second signal within this time is the same key: a terminal and npm may both send the one Ctrl-C. In milliseconds. */
const SAME_SIGNAL_MS = 500;
/** How often the parent is looked at, in milliseconds. */
const PARENT_CHECK_MS = 250;

export interface ShutdownOptions {
  readonly log: Logger;
  /** Ends with the parent process too. */
  readonly isRunByNpm: boolean;
}

/** Closes the application and ends the process with exit code 0. A second signal ends it at once, with exit code 1. */
export function shutDownOnSignal(app: INestApplication, { log, isRunByNpm }: ShutdownOptions): void {
  let startedMs: number | undefined;

  const shutDown = (signal: string): void => {
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
  process.on('SIGTERM', shutDown).on('SIGINT', shutDown);

  if (isRunByNpm) {
    // npm hands SIGTERM to the shell between itself and us, which ends without a word to its child (npm/cli#6684).
    const parent = process.ppid;
    const check = setInterval(() => {
      if (process.ppid === parent) return;
      clearInterval(check);
      shutDown('the end of npm');
    }, PARENT_CHECK_MS);
    check.unref();
  }
}
