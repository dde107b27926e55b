// A plugin whose factory is a function of the test.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Contract, PluginFactory } from '@pluggable/contract';

/** Where the file finds the function: a module of its own cannot close over it. */
const FACTORIES = Symbol.for('pluggable:testing:factories');

/**
 * Writes a plugin whose factory is the given function, so that a test sees its own calls behind the real guard: copies, deadline,
 * breaker. It runs inline only: a function does not cross a thread or a process.
 *
 * @returns the path of the file, for `forPlugin`, and `remove`, which deletes it
 * @example
 * using plugin = pluginFromFunction(MAILER, () => ({ send: async () => ({ id: '1' }) }));
 * PluginModule.forPlugin(MAILER, { path: plugin.path })
 */
export function pluginFromFunction<T extends object>(
  contract: Contract<T>,
  factory: PluginFactory<T>,
): Disposable & { readonly path: string } {
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
  if (factory === undefined) throw new Error('a plugin from a function runs inline only; give a file for other isolations');
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
