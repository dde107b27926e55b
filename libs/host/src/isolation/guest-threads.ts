// The threads of guests, and the exit of this process while they run: exit() joins each thread, and a thread in a system call or in
// native code never ends.
import { accessSync, constants, writeSync } from 'node:fs';
import { inspect } from 'node:util';
import { isMainThread, type Worker } from 'node:worker_threads';

/** Most threads that could not be terminated. A plugin that blocks after each restart would otherwise add more and more. */
const MAX_ABANDONED = 8;
const STDERR = 2;

export class GuestThreads {
  private readonly live = new Set<Worker>();
  private readonly abandoned = new Set<Worker>();
  private uncaught: { readonly error: unknown } | undefined;
  private isWatching = false;

  /** @throws Error when too many threads could not be terminated */
  refuseTooMany(): void {
    if (this.abandoned.size < MAX_ABANDONED) return;
    throw new Error(`${MAX_ABANDONED} threads of plugins are blocked and cannot be terminated`);
  }

  add(worker: Worker): void {
    this.live.add(worker);
    if (!isMainThread) return;
    // Moved to the end, so that the other listeners still run, for example to flush a log.
    process.off('exit', this.onExit).on('exit', this.onExit);
    if (this.isWatching) return;
    this.isWatching = true;
    process.on('uncaughtExceptionMonitor', (error) => (this.uncaught = { error }));
  }

  delete(worker: Worker): void {
    this.live.delete(worker);
    this.abandoned.delete(worker);
  }

  abandon(worker: Worker): void {
    this.abandoned.add(worker);
  }

  private readonly onExit = (code: number): void => {
    if (this.live.size === 0) return;
    const listeners = process.rawListeners('exit');
    for (const listener of listeners.slice(listeners.indexOf(this.onExit) + 1)) listener.call(process, code);
    this.printUncaught();
    try {
      replaceProcess(Number(process.exitCode ?? code));
    } catch {
      // This system has no execve(). Threads that are not known to be blocked will most likely end.
      if (this.abandoned.size > 0) process.kill(process.pid, 'SIGKILL');
    }
  };

  /** Node would print an uncaught error only after the listeners of 'exit'. */
  private printUncaught(): void {
    if (this.uncaught === undefined || process.listenerCount('uncaughtException') > 0) return;
    writeSync(STDERR, `${inspect(this.uncaught.error)}\n`);
  }
}

/** Ends all threads at once: replaces this process by a program that ends with the same exit code. */
function replaceProcess(exitCode: number): void {
  // execve() aborts the process if it fails.
  accessSync(process.execPath, constants.X_OK);
  process.execve?.(process.execPath, [process.execPath, '--eval', `process.exitCode=${exitCode}`], {});
  throw new Error('not on this system');
}
