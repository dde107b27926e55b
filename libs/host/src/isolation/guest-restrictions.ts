// What Node's flags leave open to a plugin in a guest, taken away before its module runs.
import module, { syncBuiltinESMExports } from 'node:module';
import { resolve } from 'node:path';
import workerThreads, { isMainThread } from 'node:worker_threads';
import { refuseFiles } from '../open/module-hooks.js';
import { PluginError } from '../plugin.error.js';
import type { PluginSource } from '../open/plugin-source.js';

/** Permissions to run files that the hash of a plugin does not cover. With `child` another program runs, and no code in the plugin. */
const BEYOND_THE_HASH: readonly string[] = ['worker', 'addons'];

/** Node 24 may have no means to take a permission back. */
const permission: { drop?: (scope: string, reference?: string) => void } | undefined = process.permission;

/**
 * Leaves the plugin the permissions of its manifest only, and a pinned plugin no way to load a file.
 *
 * @param permissions those that the guest was started with
 * @throws PluginError PLUGIN_NOT_ONE_FILE when a pinned plugin has a permission that its hash cannot cover
 */
export function restrictGuest(
  { path, isPinned }: Pick<PluginSource, 'path' | 'isPinned'>,
  permissions: readonly string[],
): void {
  if (isMainThread) {
    if (!permissions.includes('worker')) forbidThreads();
  } else {
    forbidWorkingDirectory(permissions);
    forbidHost();
  }
  // A report shows the environment of the process; a worker is in the process of the host.
  Reflect.deleteProperty(process, 'report');
  if (isPinned) forbidFiles(path, permissions);
  syncBuiltinESMExports();
}

/** Only the watchdog needs threads; a thread can drop the restrictions of its process. */
function forbidThreads(): void {
  if (permission?.drop) permission.drop('worker');
  else replace(workerThreads, 'Worker', refusal('a thread', 'add "worker" to the permissions of its manifest'));
}

/** Node lets a restricted worker read the working directory. A permission for exactly that folder would be dropped with it. */
function forbidWorkingDirectory(permissions: readonly string[]): void {
  const directory = process.cwd();
  const readable = permissions.filter((text) => text.startsWith('fs.read:')).map((text) => resolve(text.slice(8)));
  if (readable.includes(directory) || readable.includes(resolve('*'))) return;
  permission?.drop?.('fs.read', directory);
}

/** All threads of a process share these: a worker could read data and messages of the host, and send it some. */
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
      wanted: 'one file, because its hash covers no file that a thread or an addon runs',
      fix: 'take the permission out of the manifest, or load the plugin without a hash',
    });
  }
  refuseFiles(path);
  for (const name of ['registerHooks', 'register']) {
    replace(module, name, refusal(`module.${name}`, 'bundle what the plugin needs into its file'));
  }
}

function replace(builtin: object, name: string, value: unknown): void {
  if (name in builtin) Object.defineProperty(builtin, name, { value, enumerable: true });
}

/** Stands for a function or a class. */
function refusal(what: string, wayOut: string): () => never {
  return function refuse() {
    throw new Error(`${what} is not available to an isolated plugin; ${wayOut}`);
  };
}
