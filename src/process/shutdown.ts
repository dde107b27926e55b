// The end of the process: after a signal, with its parent npm, or after an uncaught error.
import type { INestApplication } from '@nestjs/common';
import type { Logger } from 'pino';
import type { DrainingAdapter } from '@pluggable/http-server';

/**
 * Signals that end a process without a listener: from a service manager or container (SIGTERM), a key (SIGINT, SIGQUIT), the end
 * of the terminal (SIGHUP), a file watcher (SIGUSR2).
 */
const END_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGUSR2'] as const;
/** A second signal within this time belongs to the same key press: a terminal and npm may both send it. In milliseconds. */
const SAME_SIGNAL_MS = 500;
/** Interval of the checks of the parent process, in milliseconds. */
const PARENT_CHECK_MS = 250;
/** Longest life of the process after an uncaught error, in milliseconds, because its state is unknown. */
const ERROR_LIMIT_MS = 5_000;
/** Longest grace time for requests in flight after such an error, in milliseconds. The rest is for plugin and pool. */
const ERROR_GRACE_MS = 3_000;

/**
 * Until the service listens, no request is in flight: a signal ends the process at once with exit code 0. PID 1 needs a
 * listener for that. An uncaught error fails the start.
 */
export function whileStarting(fail: (error: unknown) => void): { end(): void } {
  const failed = (error: unknown): void => {
    const message = error instanceof Error ? error.message : String(error);
    fail(new Error(`uncaught error: ${message}`, { cause: error }));
  };
  for (const signal of END_SIGNALS) process.on(signal, exitAtOnce);
  process.on('uncaughtException', failed);
  return {
    end: () => {
      for (const signal of END_SIGNALS) process.off(signal, exitAtOnce);
      process.off('uncaughtException', failed);
    },
  };
}

function exitAtOnce(): never {
  process.exit(0);
}

export interface ShutdownOptions {
  readonly app: INestApplication;
  readonly adapter: DrainingAdapter;
  readonly log: Logger;
  /** Time between a signal and the close, in which readiness is 503 and requests are answered as before. Not after an error. */
  readonly delayMs: number;
  /** Called after the application has closed, for example to send the last spans. Bounded, and never rejects. */
  readonly onClosed: () => Promise<void>;
}

/** Closes the application once and ends the process: exit code 0, or 1 after an error. */
export class Shutdown {
  private hasBegun = false;
  private isClosing = false;
  private signalledMs: number | undefined;
  private limit: NodeJS.Timeout | undefined;

  constructor(private readonly options: ShutdownOptions) {}

  /** A second signal ends the process at once, also during the delay, with exit code 1. */
  onSignals(): this {
    for (const signal of END_SIGNALS) process.on(signal, this.signalled);
    return this;
  }

  /**
   * An uncaught error ends the process with exit code 1 within 5 s, independent of requests, plugin and grace time. Unhandled
   * rejections are such errors by default.
   */
  onErrors(): this {
    process.on('uncaughtException', (error, origin) => {
      process.exitCode = 1;
      const { adapter, log } = this.options;
      log.fatal({ err: error, origin }, 'uncaught error');
      this.limit ??= setTimeout(() => process.exit(1), ERROR_LIMIT_MS).unref();
      adapter.limitGrace(ERROR_GRACE_MS);
      this.begin({ error: error instanceof Error ? error.message : String(error) }, 0);
      // Ends a delay that a signal has begun.
      this.close();
    });
    return this;
  }

  /** npm sends SIGTERM to the shell between npm and this process, which does not forward it (npm/cli#6684). */
  onEndOfParent(): this {
    const parent = process.ppid;
    const check = setInterval(() => {
      if (process.ppid === parent) return;
      clearInterval(check);
      this.begin({ signal: 'the end of npm' });
    }, PARENT_CHECK_MS);
    check.unref();
    return this;
  }

  private readonly signalled = (signal: string): void => {
    if (this.signalledMs !== undefined) {
      if (performance.now() - this.signalledMs > SAME_SIGNAL_MS) process.exit(1);
      return;
    }
    this.signalledMs = performance.now();
    this.begin({ signal });
  };

  private begin(why: Readonly<Record<string, string>>, delayMs = this.options.delayMs): void {
    if (this.hasBegun) return;
    this.hasBegun = true;
    const { adapter, log } = this.options;
    adapter.announceClose();
    log.info(delayMs > 0 ? { ...why, delayMs } : why, 'shutting down');
    if (delayMs > 0) setTimeout(() => this.close('shutdown delay over; draining'), delayMs);
    else this.close();
  }

  private close(message?: string): void {
    if (this.isClosing) return;
    this.isClosing = true;
    const { app, log, onClosed } = this.options;
    if (message !== undefined) log.info(message);
    app
      .close()
      .then(onClosed)
      .then(
        () => {
          log.info('application stopped');
          process.exit();
        },
        (error: unknown) => {
          log.fatal({ err: error }, 'shutdown failed');
          process.exit(1);
        },
      );
  }
}
