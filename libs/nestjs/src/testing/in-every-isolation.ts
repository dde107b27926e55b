// A plugin file in each isolation.
import type { Contract } from '@pluggable/contract';
import { openPlugin, ISOLATIONS, type Isolation, type PluginOptions } from '@pluggable/host';

/**
 * Opens a plugin inline, in a worker and in a process, one after the other, runs the test on each, and closes it.
 * @throws what the test throws, with the isolation in front of the message of an Error
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
