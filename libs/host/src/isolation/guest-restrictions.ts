// Restrictions of a guest beyond Node's permission flags, applied before the plugin's module runs.
import module, { syncBuiltinESMExports } from 'node:module';
import { resolve } from 'node:path';
import workerThreads, { isMainThread } from 'node:worker_threads';
import { refuseFiles } from '../open/module-hooks.js';
import { PluginError } from '../plugin.error.js';
import type { PluginSource } from '../open/plugin-source.js';

/** Permissions that run files which the hash does not cover. `child` runs another program, not code inside the plugin. */
const BEYOND_THE_HASH: readonly string[] = ['worker', 'addons'];

/** Without `drop` before Node.js 26, except in some releases. */
const permission: { has(scope: string): boolean; drop?: (scope: string, reference?: string) => void } | undefined =
  process.permission;

/**
 * Restricts the guest to the permissions of the manifest, and prevents a pinned plugin from loading files.
 *
 * @param permissions the permissions of the guest
 * @throws PluginError PLUGIN_NOT_ONE_FILE when a pinned plugin has a permission that its hash cannot cover
 */
export function restrictGuest(
  { path, isPinned }: Pick<PluginSource, 'path' | 'isPinned'>,
  permissions: readonly string[],
): void {
  if (isMainThread) {
    if (!permissions.includes('worker')) forbidThreads();
    if (!permissions.includes('net')) forbidNetwork(path);
  } else {
    forbidWorkingDirectory(permissions);
    forbidHost();
  }
  // A diagnostic report contains the environment of the process, which a worker shares with the host.
  Reflect.deleteProperty(process, 'report');
  if (isPinned) forbidFiles(path, permissions);
  syncBuiltinESMExports();
}

/** A thread can lift the restrictions of its process. The watchdog thread is already running. */
function forbidThreads(): void {
  if (permission?.drop) permission.drop('worker');
  else replace(workerThreads, 'Worker', refusal('a thread', 'add "worker" to the permissions of its manifest'));
}

/** The guest had the permission to open its channel. */
function forbidNetwork(path: string): void {
  if (permission?.has('net') === true) permission.drop?.('net');
  if (permission?.has('net') !== true) return;
  throw new PluginError('PLUGIN_RUNTIME_UNSUPPORTED', {
    path,
    found: `Node.js ${process.versions.node}, which cannot drop the permission net`,
    wanted: 'a version with process.permission.drop',
    fix: 'upgrade Node.js, or isolate the plugin in a worker',
  });
}

/** Node allows a restricted worker to read the working directory. An explicit permission for that folder is kept. */
function forbidWorkingDirectory(permissions: readonly string[]): void {
  const directory = process.cwd();
  const readable = permissions.filter((text) => text.startsWith('fs.read:')).map((text) => resolve(text.slice(8)));
  if (readable.includes(directory) || readable.includes(resolve('*'))) return;
  permission?.drop?.('fs.read', directory);
}

/** All threads of a process share these channels, through which a worker could read data of the host and send messages to it. */
function forbidHost(): void {
  for (const name of ['getEnvironmentData', 'BroadcastChannel', 'postMessageToThread', 'locks']) {
    replace(workerThreads, name, refusal(name, 'isolate the plugin in a process'));
  }
  Reflect.deleteProperty(globalThis, 'BroadcastChannel');
  Object.defineProperty(navigator, 'locks', { value: undefined });
}

function forbidFiles(path: string, permissions: readonly string[]): void {
  const beyond = permissions.find((name) => BEYOND_THE_HASH.includes(name));
  if (beyond !== undefined) {
    throw new PluginError('PLUGIN_NOT_ONE_FILE', {
      path,
      found: `the permission "${beyond}" in its manifest`,
      wanted: 'one file, because the hash does not cover the files of threads and addons',
      fix: 'remove the permission from the manifest, or load the plugin without a hash',
    });
  }
  refuseFiles(path);
  for (const name of ['registerHooks', 'register']) {
    replace(module, name, refusal(`module.${name}`, 'bundle its dependencies into the file'));
  }
}

function replace(builtin: object, name: string, value: unknown): void {
  if (name in builtin) Object.defineProperty(builtin, name, { value, enumerable: true });
}

/** Replaces a function or a class. */
function refusal(what: string, wayOut: string): () => never {
  return function refuse() {
    throw new Error(`${what} is not available to an isolated plugin; ${wayOut}`);
  };
}
