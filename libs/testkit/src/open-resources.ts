// Finds leaked resources: sockets, timers, child processes and threads.
import { AsyncLocalStorage, createHook } from 'node:async_hooks';
import { setTimeout as delay } from 'node:timers/promises';

/** Types of handles in async_hooks. Requests and promises end by themselves. */
const HANDLES = /^(Timeout|TCPWRAP|TCPSERVERWRAP|TLSWRAP|PIPEWRAP|UDPWRAP|PROCESSWRAP|WORKER|MESSAGEPORT|FSEVENTWRAP)$/;

/** Number of checks whether closed resources are gone, and pause between them in milliseconds: 2 s in total. */
const CHECKS = 100;
const PAUSE_MS = 20;

/**
 * Runs the work and returns the types of the resources that it opened and did not close within 2 s, such as `TCPWRAP` or
 * `Timeout`. Resources of other code, such as the test runner, are ignored.
 * @throws the error of the work
 * @example
 * expect(await leftOpenBy(async () => await (await open()).close())).toEqual([]);
 */
export async function leftOpenBy(work: () => Promise<void>): Promise<string[]> {
  const isOfTheWork = new AsyncLocalStorage<true>();
  const open = new Map<number, string>();
  const hook = createHook({
    init: (id, kind) => void (HANDLES.test(kind) && isOfTheWork.getStore() === true && open.set(id, kind)),
    destroy: (id) => void open.delete(id),
  }).enable();
  try {
    await isOfTheWork.run(true, work);
    for (let check = 0; check < CHECKS && open.size > 0; check++) await delay(PAUSE_MS);
  } finally {
    hook.disable();
  }
  return [...open.values()];
}
