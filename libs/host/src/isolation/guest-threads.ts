// The threads of guests, and the end of this process while there are any: exit() joins each thread, and one that is in a
// system call or in native code never comes.
import { accessSync, constants, writeSync } from 'node:fs';
import { inspect } from 'node:util';
import { isMainThread, type Worker } from 'node:worker_threads';

/** Most threads at a time that did not end by force. A plugin that blocks again after each restart would add more and more. */
const MAX_ABANDONED = 8;
const STDERR = 2;

export class GuestThreads {
  private readonly live = new Set<Worker>();
  private readonly abandoned = new Set<Worker>();
  private uncaught: { readonly error: unknown } | undefined;
  private isWatching = false;

  /** @throws Error when too many threads did not end by force, and still have not ended */
  refuseTooMany(): void {
    if (this.abandoned.size < MAX_ABANDONED) return;
    throw new Error(`${MAX_ABANDONED} threads of plugins are blocked and cannot be ended`);
  }

  add(worker: Worker): void {
    this.live.add(worker);
    if (!isMainThread) return;
    // The last listener is the best place: the others still do their work, such as flushing a log.
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
    this.sayUncaught();
    try {
      replaceProcess(Number(process.exitCode ?? code));
    } catch {
      // No such call on this system. A thread that is not known to be blocked will most likely end.
      if (this.abandoned.size > 0) process.kill(process.pid, 'SIGKILL');
    }
  };

  /** Node prints an error that nothing caught after the listeners of 'exit'. */
  private sayUncaught(): void {
    if (this.uncaught === undefined || process.listenerCount('uncaughtException') > 0) return;
    writeSync(STDERR, `${inspect(this.uncaught.error)}\n`);
  }
}

/** Ends every thread at once, whatever it does, with the exit code of this process: another program takes its place, and ends. */
function replaceProcess(exitCode: number): void {
  // A failing execve() would abort.
  accessSync(process.execPath, constants.X_OK);
  process.execve?.(process.execPath, [process.execPath, '--eval', `process.exitCode=${exitCode}`], {});
  throw new Error('not on this system');
}
