// Ends a guest process when its host ends, in any way, even if the plugin blocks.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** File descriptor of a pipe to the host. The kernel closes the pipe when the host ends. */
export const HOST_PIPE = 4;

/** Kills this process and the child processes of the plugin. */
export function endGroup(): void {
  try {
    process.kill(-process.pid, 'SIGKILL');
  } finally {
    // Windows has no process groups.
    process.kill(process.pid, 'SIGKILL');
  }
}

/** Watches the pipe in a separate thread, because the plugin may block this one. */
export async function endWithHost(): Promise<void> {
  const thread = new Worker(new URL('./watchdog.thread.js', import.meta.url), { env: {}, execArgv: [] });
  await once(thread, 'online');
  thread.unref();
}
