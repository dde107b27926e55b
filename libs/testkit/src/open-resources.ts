// What a piece of work opens and leaves open: sockets, timers, child processes, threads.
import { AsyncLocalStorage, createHook } from 'node:async_hooks';
import { setTimeout as delay } from 'node:timers/promises';

/** Handles, as async_hooks calls them. Requests and promises end by themselves. */
const HANDLES = /^(Timeout|TCPWRAP|TCPSERVERWRAP|TLSWRAP|PIPEWRAP|UDPWRAP|PROCESSWRAP|WORKER|MESSAGEPORT|FSEVENTWRAP)$/;

/** How often it is looked whether what was closed has gone, and the pause between, in milliseconds: 2 s in all. */
const LOOKS = 100;
const PAUSE_MS = 20;

/**
 * Does the work, and names what it opened and left open. Only what comes of the work itself counts, however long after it:
 * a test runner has sockets and timers of its own.
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
    for (let look = 0; look < LOOKS && open.size > 0; look++) await delay(PAUSE_MS);
  } finally {
    hook.disable();
  }
  return [...open.values()];
}
