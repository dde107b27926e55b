// Starts the program of a guest in a worker or a process, with the permissions of its plugin and no more.
import { fileURLToPath } from 'node:url';
import { permissionFlags } from '../permissions.js';
import type { Isolation } from '../plugin-options.js';
import type { GuestHandle, GuestListener } from './guest-handle.js';
import { spawnProcess } from './guest-process.js';
import { spawnWorker } from './guest-worker.js';

export interface GuestPlace {
  readonly isolation: Exclude<Isolation, 'inline'>;
  readonly permissions: readonly string[];
  /** Where the guest runs, and from which the paths of its permissions are resolved. */
  readonly directory: string;
}

const GUEST = new URL('./guest.js', import.meta.url);

/** It may read its own program, which is this library. Its environment is empty: variables come by message. */
const RESTRICTIONS = [
  '--permission',
  // node:sqlite opens files whatever the permissions are.
  '--no-experimental-sqlite',
  `--allow-fs-read=${fileURLToPath(new URL('../', import.meta.url))}`,
  // Hide Node's warnings about these flags from the plugin's log.
  '--disable-warning=ExperimentalWarning',
  '--disable-warning=SecurityWarning',
];

/**
 * Guests are unref'd; the deadline of a pending call keeps the host alive.
 * @throws Error when no thread can be started; the end of a process that cannot be started comes by `onEnd`
 */
export function spawnGuest({ isolation, permissions, directory }: GuestPlace, listener: GuestListener): GuestHandle {
  const flags = [...RESTRICTIONS, ...permissionFlags(permissions, directory)];
  return isolation === 'worker' ? spawnWorker(GUEST, flags, listener) : spawnProcess(GUEST, flags, directory, listener);
}
