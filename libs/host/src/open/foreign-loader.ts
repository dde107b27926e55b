// Imports unpinned inline plugins when a test runner, such as Jest, replaces the module loader of Node.js and its hooks.
import { PluginError } from '../plugin.error.js';
import type { PluginSource } from './plugin-source.js';

/** The hashes of the files that were loaded, by their URLs. */
const loadedHashes = new Map<string, string>();

/**
 * Imports the file by its URL. The loader reads the file itself, once.
 *
 * @param reason why there are no hooks
 * @throws PluginError PLUGIN_RUNTIME_UNSUPPORTED for a pinned plugin, and for a file that has changed since it was loaded
 */
export async function importFile(source: PluginSource, reason: unknown): Promise<{ readonly plugin: object }> {
  const { url, hash, path, isPinned } = source;
  if (isPinned) throw loaderWithoutHooks(path, reason);
  const loaded = loadedHashes.get(url) ?? hash;
  if (loaded !== hash) {
    throw new PluginError('PLUGIN_RUNTIME_UNSUPPORTED', {
      path,
      found: 'a file that has changed since the test runner loaded it',
      wanted: 'the same bytes, because its module loader reads a file once',
      fix: 'write the new plugin to another file, or isolate it in a worker or a process',
    });
  }
  const plugin = (await import(url)) as object;
  loadedHashes.set(url, hash);
  return { plugin };
}

export function loaderWithoutHooks(path: string, cause: unknown): PluginError {
  return new PluginError('PLUGIN_RUNTIME_UNSUPPORTED', {
    path,
    found: 'a module loader without hooks, such as the one of Jest',
    wanted: 'the module loader of Node.js, because a hash needs its hooks',
    fix: 'isolate the plugin in a worker or a process, or load it without a hash in this test',
    cause,
  });
}
