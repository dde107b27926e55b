// Runs a test on a plugin in every isolation.
import type { Contract } from '@pluggable/contract';
import { openPlugin, ISOLATIONS, type Isolation, type PluginOptions } from '@pluggable/host';

/**
 * Opens the plugin inline, then in a worker, then in a process. Runs the test each time and closes the plugin.
 * @param contract the contract that the plugin implements
 * @param options options of the plugin; `path` is required
 * @param test receives the guarded plugin and its isolation
 * @throws the error of the test; the isolation precedes the message of an Error
 * @throws PluginError when the plugin cannot be opened or closed
 * @example
 * await inEveryIsolation(MAILER, { path: 'dist/smtp.mjs', env }, async (mailer) => {
 *   expect(await mailer.send(mail)).toEqual({ id: '1' });
 * });
 */
export async function inEveryIsolation<T extends object>(
  contract: Contract<T>,
  options: Omit<PluginOptions, 'isolation'>,
  test: (plugin: T, isolation: Isolation) => Promise<void>,
): Promise<void> {
  for (const isolation of ISOLATIONS) {
    const plugin = await openPlugin(contract, { ...options, isolation });
    try {
      await test(plugin.proxy, isolation);
    } catch (error) {
      if (error instanceof Error) error.message = `${isolation}: ${error.message}`;
      await plugin.close().catch(() => undefined);
      throw error;
    }
    await plugin.close();
  }
}
