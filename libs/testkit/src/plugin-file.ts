// Opens the built file of a plugin through the host.
import type { Contract } from '@pluggable/contract';
import { openPlugin, type PluginOptions } from '@pluggable/host';

/** Longer than the default, because a test machine may be busy, in milliseconds. */
const CALL_TIMEOUT_MS = 5_000;

/** A guarded plugin instance with a `close` that closes the plugin. */
export type ClosablePlugin<T extends object> = T & {
  /** Closes the plugin. @throws PluginError PLUGIN_CLOSE_FAILED */
  close(): Promise<void>;
};

/**
 * Returns a function that opens the plugin in a file through the host, including manifest and configuration.
 *
 * @param contract the contract that the plugin implements
 * @param path path relative to the working directory, or a `file:` URL
 * @param options options of the host. @default no variables, a call timeout of 5 s
 * @returns opens a new instance with each call
 * @throws PluginError, when the returned function is called and the plugin cannot be opened
 * @example
 * const open = pluginFile(MAILER, 'dist/smtp.mjs', { env: { SMTP_URL: 'smtp://127.0.0.1' } });
 * const mailer = await open();
 */
export function pluginFile<T extends object>(
  contract: Contract<T>,
  path: string,
  options: Omit<PluginOptions, 'path'> = {},
): () => Promise<ClosablePlugin<T>> {
  return async () => {
    const plugin = await openPlugin(contract, { env: {}, callTimeoutMs: CALL_TIMEOUT_MS, ...options, path });
    return { ...plugin.proxy, close: () => plugin.close() };
  };
}
