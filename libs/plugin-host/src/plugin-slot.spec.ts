// One place, one plugin after the other: what a swap promises.
import { writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { SlotOptions } from '@pluggable/plugin-host';
import { describe, expect, it } from 'vitest';
import {
  CACHE,
  type Cache,
  exportOf,
  fixture,
  folder,
  pluginFile,
  PluginSlot,
  seenBy,
} from '../../../test/support/built-host.js';
import { eventually } from '../../../test/support/eventually.js';
import { recordingLogger } from '../../../test/support/recording-logger.js';

const fallback: Cache = { get: async () => ({ from: 'fallback' }), set: async () => {} };

const openSlot = (path: string | undefined, options: Partial<SlotOptions<Cache>> = {}) =>
  PluginSlot.open(CACHE, { plugin: { path, env: {}, callTimeoutMs: 5_000 }, fallback, ...options });

/** A plugin that answers with a name, and records when it closes and how many calls it had then. */
const named = (name: string, body = '') =>
  pluginFile(`
    export const seen = { closed: 0, open: 0 };
    export const gate = Promise.withResolvers();
    export const manifest = { kind: 'cache', contract: 1, name: '${name}', version: '1' };
    export const Factory = () => ({
      async get(key) {
        seen.open++;
        if (key === 'slow') await gate.promise;
        seen.open--;
        return { from: '${name}' };
      },
      async set() {},
      async close() { seen.closed++; seen.openAtClose = seen.open; },
      ${body}
    });
  `);

describe('PluginSlot', () => {
  it('lets its fallback serve until the first swap', async () => {
    const slot = await openSlot(undefined);
    await expect(slot.proxy.get('key')).resolves.toEqual({ from: 'fallback' });
    await slot.swap({ path: named('first') });
    await expect(slot.proxy.get('key')).resolves.toEqual({ from: 'first' });
    await slot.close();
  });

  it('serves by the new plugin while the old one answers its last call, and closes the old one then', async () => {
    const [oldPath, newPath] = [named('old'), named('new')];
    const slot = await openSlot(oldPath);
    const slow = slot.proxy.get('slow');
    await slot.swap({ path: newPath });
    await expect(slot.proxy.get('key')).resolves.toEqual({ from: 'new' });
    expect(seenBy(oldPath)).toMatchObject({ closed: 0, open: 1 });

    (exportOf(oldPath, 'gate') as PromiseWithResolvers<void>).resolve();
    await expect(slow).resolves.toEqual({ from: 'old' });
    await slot.close();
    expect(seenBy(oldPath)).toMatchObject({ closed: 1, openAtClose: 0 });
    expect(seenBy(newPath)).toMatchObject({ closed: 1 });
  });

  it.each([
    { what: 'cannot start', file: 'factory-throws.mjs', code: 'PLUGIN_FACTORY_THREW' },
    { what: 'is not there', file: 'no-such-file.mjs', code: 'PLUGIN_NOT_FOUND' },
    { what: 'is of another contract', file: 'wrong-kind.mjs', code: 'PLUGIN_WRONG_KIND' },
    { what: 'is of no use', file: 'ping-fails.mjs', code: 'PLUGIN_NOT_USABLE' },
  ])('goes on with the old plugin when the new one $what', async ({ file, code }) => {
    const path = named('old');
    const slot = await openSlot(path);
    await expect(slot.swap({ path: fixture(file) })).rejects.toMatchObject({ name: 'PluginError', code });
    await expect(slot.proxy.get('key')).resolves.toEqual({ from: 'old' });
    expect(slot.status()).toMatchObject({ swaps: 0, plugin: { path, state: 'live' } });
    await slot.close();
    expect(seenBy(path)).toMatchObject({ closed: 1 });
  });

  it('closes a new plugin that it refuses', async () => {
    const path = named('useless', `async ping() { throw new Error('no back end'); },`);
    const slot = await openSlot(named('old'));
    await expect(slot.swap({ path })).rejects.toHaveProperty('code', 'PLUGIN_NOT_USABLE');
    expect(seenBy(path)).toMatchObject({ closed: 1 });
    await slot.close();
  });

  it('lets swaps wait for each other', async () => {
    const slot = await openSlot(named('first'));
    const paths = ['second', 'third', 'fourth'].map((name) => named(name));
    const statuses = await Promise.all(paths.map((path) => slot.swap({ path })));
    expect(statuses.map(({ path }) => path)).toEqual(paths);
    await expect(slot.proxy.get('key')).resolves.toEqual({ from: 'fourth' });
    await slot.close();
    for (const path of paths) expect(seenBy(path)).toMatchObject({ closed: 1 });
  });

  it('refuses a swap when it is closed, and closes an instance that a start under way makes too late', async () => {
    const slow = pluginFile(`
      export const seen = { closed: 0 };
      export const called = Promise.withResolvers();
      export const gate = Promise.withResolvers();
      export const Factory = async () => {
        called.resolve();
        await gate.promise;
        return { async get() {}, async set() {}, async close() { seen.closed++; } };
      };
    `);
    const slot = await openSlot(named('old'));
    const begun = slot.swap({ path: slow });
    await eventually('the factory', () => (exportOf(slow, 'called') as PromiseWithResolvers<void>).promise.then(() => true));
    const closed = slot.close();
    await expect(begun).rejects.toHaveProperty('code', 'PLUGIN_CLOSED');
    await expect(slot.swap({ path: named('late') })).rejects.toHaveProperty('code', 'PLUGIN_CLOSED');
    await closed;
    (exportOf(slow, 'gate') as PromiseWithResolvers<void>).resolve();
    await eventually('the end of the instance', () => seenBy(slow).closed === 1);
  });

  it('offers an optional method while the plugin has it', async () => {
    const slot = await openSlot(named('without'));
    expect('ping' in slot.proxy && slot.proxy.ping === undefined).toBe(true);
    await slot.swap({ path: named('with', 'async ping() {},') });
    await expect(slot.proxy.ping?.()).resolves.toBeUndefined();
    await slot.close();
  });

  it.each([
    {
      extension: 'mjs',
      text: (from: string) =>
        `export const Factory = () => ({ async get() { return { from: '${from}' }; }, async set() {} });`,
    },
    {
      extension: 'cjs',
      text: (from: string) =>
        `exports.Factory = () => ({ async get() { return { from: '${from}' }; }, async set() {} });`,
    },
  ])(
    'imports the same bytes once; warns of others in the same file, and counts them: .$extension',
    async ({ extension, text }) => {
      const { logger, lines } = recordingLogger();
      const path = pluginFile(text('a'), extension);
      const slot = await openSlot(path, { plugin: { path, env: {}, logger } });
      const before = slot.status().reimports;
      await slot.swap({ path });
      expect(slot.status().reimports).toBe(before);
      writeFileSync(path, text('b'));
      await slot.swap({ path });
      await expect(slot.proxy.get('key')).resolves.toEqual({ from: 'b' });
      expect(slot.status().reimports).toBe(before + 1);
      expect(lines).toContainEqual([
        'warn',
        expect.stringContaining('ESM cannot be unloaded'),
        { reimports: before + 1 },
      ]);
      await slot.close();
    },
  );

  it('tries a first plugin that is not required until it is live', async () => {
    const path = `${folder}/comes-later.mjs`;
    const failures: number[] = [];
    const slot = await openSlot(path, { required: false, onFailure: ({ attempts }) => failures.push(attempts) });
    await expect(slot.proxy.get('key')).resolves.toEqual({ from: 'fallback' });
    expect(slot.status()).toMatchObject({
      plugin: null,
      failure: { error: { code: 'PLUGIN_NOT_FOUND' }, attempts: 1 },
    });
    writeFileSync(
      path,
      `export const Factory = () => ({ async get() { return { from: 'later' }; }, async set() {} });`,
    );
    await eventually('the plugin', () => slot.status().plugin !== null);
    await expect(slot.proxy.get('key')).resolves.toEqual({ from: 'later' });
    expect(slot.status().failure).toBeNull();
    expect(failures[0]).toBe(1);
    await slot.close();
  });

  it('no longer tries it after a swap', async () => {
    const slot = await openSlot(fixture('no-such-file.mjs'), { required: false });
    await slot.swap({ path: named('instead') });
    await delay(300);
    expect(slot.status()).toMatchObject({ failure: null, plugin: { name: 'instead' } });
    await slot.close();
  });

  it('fails to open when a plugin that is required cannot', async () => {
    await expect(openSlot(fixture('no-such-file.mjs'))).rejects.toHaveProperty('code', 'PLUGIN_NOT_FOUND');
  });
});
