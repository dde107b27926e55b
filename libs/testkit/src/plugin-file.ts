// A plugin as it is shipped: the built file, opened by the host.
import type { Contract } from '@pluggable/contract';
import { openPlugin, type PluginOptions } from '@pluggable/host';

/** Longer than a host would wait, because the machine that tests may be busy, in milliseconds. */
const CALL_TIMEOUT_MS = 5_000;

/**
 * Opens the plugin in a file: the whole way through the host, manifest and configuration included.
 *
 * @param path from the working directory, or a `file:` URL
 * @param options those of the host; `env` has the plugin's variables @default no variables, calls of at most 5 s
 * @returns opens one instance each time it is called; its `close` closes the plugin
 */
export function pluginFile<T extends object>(
  contract: Contract<T>,
  path: string,
  options: Omit<PluginOptions, 'path'> = {},
): () => Promise<T & { close(): Promise<void> }> {
  return async () => {
    const plugin = await openPlugin(contract, { env: {}, callTimeoutMs: CALL_TIMEOUT_MS, ...options, path });
    return { ...plugin.proxy, close: () => plugin.close() };
  };
}
