// No orphans: a process that holds a plugin ends when its host does, however the host ended and whatever the plugin does.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** The end of a pipe whose other end the host holds. The kernel closes it with the host. */
export const HOST_PIPE = 4;

/** Ends this process, and the child processes of the plugin with it. */
export function endGroup(): void {
  try {
    process.kill(-process.pid, 'SIGKILL');
  } finally {
    // It leads no group: on Windows there are none.
    process.kill(process.pid, 'SIGKILL');
  }
}

/** Watches the pipe from a thread of its own, because the plugin may block this one. */
export async function endWithHost(): Promise<void> {
  const thread = new Worker(new URL('./watchdog.thread.js', import.meta.url), { env: {}, execArgv: [] });
  await once(thread, 'online');
  thread.unref();
}
