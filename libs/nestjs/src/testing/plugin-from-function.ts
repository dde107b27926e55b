// Creates a plugin file from a factory function of a test.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Contract, PluginFactory } from '@pluggable/contract';

/** Global key under which the plugin file finds the function of the test. */
const FACTORIES = Symbol.for('pluggable:testing:factories');

/** A temporary plugin file. Dispose it to delete the file. */
export interface FunctionPlugin extends Disposable {
  /** Path of the file, for `forPlugin`. */
  readonly path: string;
}

/**
 * Writes a temporary plugin file whose factory is the given function. A test can so observe calls behind the real guard (copies,
 * deadline, circuit breaker). The plugin runs only inline, because a function cannot cross a thread or a process.
 *
 * @param contract the contract that the plugin implements
 * @param factory creates the instance
 * @example
 * using plugin = pluginFromFunction(MAILER, () => ({ send: async () => ({ id: '1' }) }));
 * PluginModule.forPlugin(MAILER, { path: plugin.path })
 */
export function pluginFromFunction<T extends object>(contract: Contract<T>, factory: PluginFactory<T>): FunctionPlugin {
  const folder = mkdtempSync(join(tmpdir(), 'pluggable-'));
  const path = join(folder, 'function.mjs');
  const { kind, version } = contract;
  const manifest = JSON.stringify({ kind, contract: version, name: 'function', version: '0.0.0' });
  factories().set(path, factory);
  writeFileSync(
    path,
    `export const manifest = ${manifest};
export function Factory(...args) {
  const factory = globalThis[Symbol.for('pluggable:testing:factories')]?.get(${JSON.stringify(path)});
  if (factory === undefined) throw new Error('a plugin from a function runs only inline; use a plugin file for other isolations');
  return factory(...args);
}
`,
  );
  return {
    path,
    [Symbol.dispose]: () => {
      factories().delete(path);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function factories(): Map<string, unknown> {
  const shared = globalThis as { [FACTORIES]?: Map<string, unknown> };
  shared[FACTORIES] ??= new Map();
  return shared[FACTORIES];
}
