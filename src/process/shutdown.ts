// The end of the process: on a signal, with the npm that runs it, or by an error that nobody caught.
import type { INestApplication } from '@nestjs/common';
import type { Logger } from 'pino';
import type { DrainingAdapter } from '@pluggable/http-server';

/**
 * By each of these a process ends at once when it does not listen: told by a service manager or a container (SIGTERM), from a
 * terminal (SIGINT, SIGQUIT), with the terminal (SIGHUP), by a program that watches files (SIGUSR2).
 */
const END_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGUSR2'] as const;
/** A second signal within this time is the same key: a terminal and npm may both send the one Ctrl-C. In milliseconds. */
const SAME_SIGNAL_MS = 500;
/** How often the parent is looked at, in milliseconds. */
const PARENT_CHECK_MS = 250;
/** How long the process lives after an error that nobody caught, in milliseconds: nobody knows what state it has left. */
const ERROR_LIMIT_MS = 5_000;
/** The longest grace time for requests in flight after such an error, in milliseconds. The rest is for the plugin and the pool. */
const ERROR_GRACE_MS = 3_000;

/**
 * Until the service listens, nothing is in flight: a signal ends the process at once, with exit code 0. As PID 1 it would not
 * without a listener. An error that nobody catches fails the start.
 */
export function whileStarting(fail: (error: unknown) => void): { end(): void } {
  const failed = (error: unknown): void => {
    const message = error instanceof Error ? error.message : String(error);
    fail(new Error(`an error that nobody caught: ${message}`, { cause: error }));
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

/** Closes the application once, and ends the process: with exit code 0, or 1 when something went wrong. */
export class Shutdown {
  private hasBegun = false;
  private signalledMs: number | undefined;
  private limit: NodeJS.Timeout | undefined;

  constructor(
    private readonly app: INestApplication,
    private readonly adapter: DrainingAdapter,
    private readonly log: Logger,
  ) {}

  /** A second signal ends the process at once, with exit code 1. */
  onSignals(): this {
    for (const signal of END_SIGNALS) process.on(signal, this.signalled);
    return this;
  }

  /**
   * An error that nobody caught ends the process with exit code 1 within 5 s, whatever requests and plugin do, and however
   * long the grace time is that has begun. Rejections that nobody handles are such errors, unless Node was told otherwise.
   */
  onErrors(): this {
    process.on('uncaughtException', (error, origin) => {
      process.exitCode = 1;
      this.log.fatal({ err: error, origin }, 'uncaught error');
      this.limit ??= setTimeout(() => process.exit(1), ERROR_LIMIT_MS).unref();
      this.adapter.limitGrace(ERROR_GRACE_MS);
      this.begin({ error: error instanceof Error ? error.message : String(error) });
    });
    return this;
  }

  /** npm hands SIGTERM to the shell between itself and us, which ends without a word to its child (npm/cli#6684). */
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

  private begin(why: Readonly<Record<string, string>>): void {
    if (this.hasBegun) return;
    this.hasBegun = true;
    this.log.info(why, 'shutting down');
    this.app.close().then(
      () => {
        this.log.info('application stopped');
        process.exit();
      },
      (error: unknown) => {
        this.log.fatal({ err: error }, 'shutdown failed');
        process.exit(1);
      },
    );
  }
}
