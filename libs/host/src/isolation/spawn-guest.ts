// Starts a guest in a worker or a process, with only the permissions of its plugin.
import { fileURLToPath } from 'node:url';
import { permissionFlags } from '../permissions.js';
import type { Isolation } from '../plugin-options.js';
import type { GuestHandle, GuestListener } from './guest-handle.js';
import { spawnProcess } from './guest-process.js';
import { spawnWorker } from './guest-worker.js';

export interface GuestPlace {
  readonly isolation: Exclude<Isolation, 'inline'>;
  readonly permissions: readonly string[];
  /** Working directory of the guest, and base of relative paths in its permissions. */
  readonly directory: string;
}

const GUEST = new URL('./guest.js', import.meta.url);

/** Permissions of every guest: it may read only its own program, which is this library. */
const RESTRICTIONS = [
  '--permission',
  // node:sqlite ignores the file permissions.
  '--no-experimental-sqlite',
  `--allow-fs-read=${fileURLToPath(new URL('../', import.meta.url))}`,
  // Hide Node's warnings about these flags from the plugin's log.
  '--disable-warning=ExperimentalWarning',
  '--disable-warning=SecurityWarning',
];

/**
 * Guests are unref'd; the deadline of a pending call keeps the host alive.
 * @throws Error when a thread cannot be started. If a process cannot be started, `onEnd` is called.
 */
export function spawnGuest({ isolation, permissions, directory }: GuestPlace, listener: GuestListener): GuestHandle {
  const flags = [...RESTRICTIONS, ...permissionFlags(permissions, directory)];
  return isolation === 'worker' ? spawnWorker(GUEST, flags, listener) : spawnProcess(GUEST, flags, directory, listener);
}
