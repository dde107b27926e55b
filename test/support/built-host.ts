// The built plugin host, imported by Node itself: vitest would load plugins with its own loader and its own errors.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type CallOptions, defineContract, type Lifecycle } from '@pluggable/contract';
import type { OpenPlugin, PluginOptions } from '@pluggable/host';
import { afterAll } from 'vitest';

const require = createRequire(import.meta.url);

export const { openPlugin, PluginSlot } = require('@pluggable/host') as typeof import('@pluggable/host');

/** The methods of a cache that the host needs. */
export interface Cache extends Lifecycle {
  get(key: string, options?: CallOptions): Promise<unknown>;
  set(key: string, value: string, ttlMs: number, options?: CallOptions): Promise<void>;
}

export const CACHE = defineContract<Cache>({
  kind: 'cache',
  version: 1,
  methods: {
    get: { args: ['key'] },
    set: { args: ['key', 'value', 'ttlMs'] },
  },
}).with({ output: { get: (answer) => typeof answer === 'object' } });

/** The names of the settings for an operator. */
const settingNames = {
  path: 'CACHE_PLUGIN_PATH',
  factoryName: 'CACHE_PLUGIN_FACTORY_NAME',
  startTimeoutMs: 'CACHE_PLUGIN_START_TIMEOUT',
  callTimeoutMs: 'CACHE_TIMEOUT',
  integrity: 'CACHE_PLUGIN_INTEGRITY',
  directory: 'CACHE_PLUGIN_DIR',
};

/** Opens a cache with an empty environment. */
export const openCache = (path: string, options: Partial<PluginOptions> = {}): Promise<OpenPlugin<Cache>> =>
  openPlugin(CACHE, { path, env: {}, settingNames, ...options });

/** The path of a file in test/fixtures/plugins. */
export const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/plugins/${name}`, import.meta.url));

export const folder = mkdtempSync(join(tmpdir(), 'plugin-host-'));
afterAll(() => rmSync(folder, { recursive: true }));
let written = 0;

/** Writes a plugin and returns its path. */
export function pluginFile(source: string, extension = 'mjs'): string {
  const path = join(folder, `plugin-${++written}.${extension}`);
  writeFileSync(path, source);
  return path;
}

/** The export of an opened plugin with this name. */
export function exportOf(path: string, name: string): unknown {
  return (require(path) as Record<string, unknown>)[name];
}

/** The export `seen` of an opened plugin. */
export const seenBy = (path: string): Record<string, unknown> => exportOf(path, 'seen') as Record<string, unknown>;
