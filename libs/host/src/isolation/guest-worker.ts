// A guest in a worker thread of this process.
import { Worker } from 'node:worker_threads';
import { reasonOf } from '../plugin.error.js';
import { leaveDeletedDirectory } from '../open/working-directory.js';
import { endsInTime, type GuestHandle, type GuestListener } from './guest-handle.js';
import { readOutput } from './guest-output.js';
import { GuestThreads } from './guest-threads.js';

const threads = new GuestThreads();

/** @throws Error when no thread can be started */
export function spawnWorker(program: URL, execArgv: string[], listener: GuestListener): GuestHandle {
  threads.refuseTooMany();
  leaveDeletedDirectory();
  const worker = new Worker(program, { env: {}, execArgv, stdout: true, stderr: true });
  threads.add(worker);
  const output = readOutput(worker, listener);
  const exit = Promise.withResolvers<void>();
  let error: unknown;
  worker.on('message', (message: unknown) => listener.onMessage(message));
  worker.on('messageerror', () => listener.onMalformed('a message that cannot be read'));
  worker.on('error', (cause) => (error = cause));
  worker.once('exit', (code) => {
    threads.delete(worker);
    output.end();
    listener.onEnd(error === undefined ? `its thread ended with code ${code}` : reasonOf(error));
    exit.resolve();
  });
  worker.unref();

  let killing: Promise<void> | undefined;
  const kill = async (): Promise<void> => {
    void worker.terminate();
    if (await endsInTime(exit.promise)) return;
    threads.abandon(worker);
    output.end();
    listener.onAbandon();
  };
  return {
    send: (message) => worker.postMessage(message),
    kill: () => (killing ??= kill()),
  };
}
