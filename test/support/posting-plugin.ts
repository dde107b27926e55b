// A plugin that sends its own messages to the host (test/fixtures/plugins/faults/posts-anything.mjs), and the reaction of the host.
import { isPluginError, type OpenPlugin, type PluginOptions } from '@pluggable/host';
import { type Cache, fixture, openCache } from './built-host.js';

export type Isolation = 'worker' | 'process';

/** @param options with the variable AT, the plugin sends while it starts */
export const openPosting = (isolation: Isolation, options: Partial<PluginOptions> = {}): Promise<OpenPlugin<Cache>> =>
  openCache(fixture('faults/posts-anything.mjs'), { isolation, callTimeoutMs: 10_000, ...options });

/** A live plugin sends the message of this name. @returns the codes of its call and of its status */
export async function endOfGuest(isolation: Isolation, name: string): Promise<readonly (string | undefined)[]> {
  const plugin = await openPosting(isolation);
  const call = await codeOf(plugin.proxy.get(name));
  const { state, error } = plugin.status();
  await plugin.close();
  return [call, state, error?.code];
}

/**
 * A plugin sends the message of this name while it starts. If its guest sends the same later, the plugin is live for a moment.
 *
 * @returns the code of the failed start, or of the end of the plugin
 */
export async function endOfStart(isolation: Isolation, name: string): Promise<string | undefined> {
  let plugin: OpenPlugin<Cache> | undefined;
  const code = await codeOf(
    openPosting(isolation, { env: { AT: name } }).then(async (opened) => {
      plugin = opened;
      await opened.proxy.get('is alive');
    }),
  );
  // It may have ended before the call.
  const ended = code === 'PLUGIN_DOWN' ? plugin?.status().error?.code : code;
  await plugin?.close();
  return ended;
}

async function codeOf(work: Promise<unknown>): Promise<string | undefined> {
  return await work.then(
    () => undefined,
    (error: unknown) => (isPluginError(error) ? error.code : String(error)),
  );
}
