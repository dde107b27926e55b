// A plugin that sends its host messages of its own (test/fixtures/plugins/faults/posts-anything.mjs), and what must become of it.
import type { OpenPlugin, PluginOptions } from '@pluggable/plugin-host';
import { expect } from 'vitest';
import { type Cache, fixture, openCache } from './built-host.js';

export type Isolation = 'worker' | 'process';

/** @param options with the variable AT it sends while it starts */
export const openPosting = (isolation: Isolation, options: Partial<PluginOptions> = {}): Promise<OpenPlugin<Cache>> =>
  openCache(fixture('faults/posts-anything.mjs'), { isolation, callTimeoutMs: 10_000, ...options });

/** A live plugin sends the message of this name. */
export async function expectEndOfGuest(isolation: Isolation, name: string): Promise<void> {
  const plugin = await openPosting(isolation);
  await expect(plugin.proxy.get(name)).rejects.toHaveProperty('code', 'PLUGIN_MISBEHAVED');
  expect(plugin.status()).toMatchObject({ state: 'restarting', error: { code: 'PLUGIN_MISBEHAVED' } });
  await plugin.close();
}

/** A plugin sends the message of this name before it is live, or at that moment. */
export async function expectRefusedStart(isolation: Isolation, name: string): Promise<void> {
  await expect(openStarted(isolation, name)).rejects.toHaveProperty('code', 'PLUGIN_MISBEHAVED');
}

/** What the guest says itself may be the second of a kind, and come when the plugin counts as live. */
async function openStarted(isolation: Isolation, name: string): Promise<void> {
  const plugin = await openPosting(isolation, { env: { AT: name } });
  try {
    await plugin.proxy.get('is alive');
  } finally {
    await plugin.close();
  }
}
