// The plugin slot: swaps, retries, fallback and close.
import { getEventListeners } from 'node:events';
import { writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { SlotOptions } from '@pluggable/host';
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

/** A plugin that answers with a name, and records its close and the number of its calls. */
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

/** The files of the plugins whose factories were called. */
const called = new Set<string>();
Reflect.set(globalThis, 'calledFactories', called);

/** A plugin whose factory records its call and never settles. */
const hangs = () =>
  pluginFile(`
    export const seen = {};
    export const Factory = (_log, { signal }) => {
      seen.signal = signal;
      globalThis.calledFactories.add(import.meta.filename);
      return new Promise(() => {});
    };
  `);

/** Waits until the factory of a plugin was called. Does not load the module: the host must be the first to do so. */
async function reached(path: string): Promise<void> {
  await eventually('the factory', () => called.has(path));
}

function fail(error: unknown): never {
  throw error;
}

describe('PluginSlot', () => {
  it('serves by its fallback until the first swap', async () => {
    const slot = await openSlot(undefined);
    await expect(slot.proxy.get('key')).resolves.toEqual({ from: 'fallback' });
    await slot.swap({ path: named('first') });
    await expect(slot.proxy.get('key')).resolves.toEqual({ from: 'first' });
    await slot.close();
  });

  it('serves by the new plugin while the old one answers its last call, then closes the old one', async () => {
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
    { what: 'has a failing ping', file: 'ping-fails.mjs', code: 'PLUGIN_NOT_USABLE' },
  ])('keeps the old plugin when the new one $what', async ({ file, code }) => {
    const path = named('old');
    const slot = await openSlot(path);
    await expect(slot.swap({ path: fixture(file) })).rejects.toMatchObject({ name: 'PluginError', code });
    await expect(slot.proxy.get('key')).resolves.toEqual({ from: 'old' });
    expect(slot.status()).toMatchObject({ swaps: 0, plugin: { path, state: 'live' } });
    await slot.close();
    expect(seenBy(path)).toMatchObject({ closed: 1 });
  });

  it.each([
    { integrity: '  ', code: 'PLUGIN_INTEGRITY_INVALID', fix: 'correct the integrity of the swap' },
    {
      integrity: `sha256-${'A'.repeat(43)}=`,
      code: 'PLUGIN_INTEGRITY_MISMATCH',
      fix: 'correct the integrity of the swap',
    },
    { factoryName: 'no', code: 'PLUGIN_NO_FACTORY', fix: 'set the factoryName of the swap' },
    { path: 'no.mjs', code: 'PLUGIN_NOT_FOUND', fix: 'correct the path of the swap' },
  ])('names the options of the swap in the error: $code', async ({ code, fix, ...change }) => {
    const settingNames = { path: 'PATH', integrity: 'INTEGRITY', factoryName: 'FACTORY' };
    const slot = await openSlot(undefined, { plugin: { settingNames } });
    const path = named('new');
    await expect(slot.swap({ path, ...change })).rejects.toMatchObject({ code, message: expect.stringContaining(fix) });
    await slot.close();
  });

  it('closes a refused new plugin', async () => {
    const path = named('useless', `async ping() { throw new Error('no back end'); },`);
    const slot = await openSlot(named('old'));
    await expect(slot.swap({ path })).rejects.toMatchObject({
      code: 'PLUGIN_NOT_USABLE',
      message: `plugin ${path}: found a failed call of ping() (no back end), wanted a plugin whose ping succeeds; check its back end, then swap again`,
    });
    expect(seenBy(path)).toMatchObject({ closed: 1 });
    await slot.close();
  });

  it('calls accept before a new plugin serves, and closes one that is not accepted', async () => {
    const [oldPath, newPath] = [named('old'), named('new')];
    const slot = await openSlot(oldPath);
    const refusal = new Error('another one was wanted');
    const accept = ({ name }: { readonly name: string }): void => {
      expect([name, slot.status().plugin?.name]).toEqual(['new', 'old']);
      throw refusal;
    };
    await expect(slot.swap({ path: newPath, accept })).rejects.toBe(refusal);
    await expect(slot.proxy.get('key')).resolves.toEqual({ from: 'old' });
    expect(slot.status()).toMatchObject({ swaps: 0, plugin: { path: oldPath } });
    expect(seenBy(newPath)).toMatchObject({ closed: 1 });

    await slot.swap({ path: newPath, accept: ({ name }) => expect(name).toBe('new') });
    await expect(slot.proxy.get('key')).resolves.toEqual({ from: 'new' });
    await slot.close();
  });

  it.each<{ options: Partial<SlotOptions<Cache>>; message: string }>([
    { options: {}, message: 'found neither a path of a cache plugin nor a fallback, wanted' },
    {
      options: { plugin: { path: '', settingNames: { path: 'CACHE_PLUGIN_PATH' } } },
      message:
        'plugin: found neither a path of a cache plugin nor a fallback, wanted at least one of them; set CACHE_PLUGIN_PATH, or add a fallback',
    },
    {
      options: { plugin: { path: named('optional') }, required: false },
      message: 'found a plugin that is not required and has no fallback, wanted',
    },
  ])('refuses to be empty without a fallback: $message', async ({ options, message }) => {
    await expect(PluginSlot.open(CACHE, { plugin: {}, ...options })).rejects.toMatchObject({
      code: 'PLUGIN_PATH_INVALID',
      message: expect.stringContaining(message),
    });
  });

  it('needs no fallback for a required plugin', async () => {
    const slot = await PluginSlot.open(CACHE, { plugin: { path: named('alone'), env: {} } });
    await expect(slot.proxy.get('key')).resolves.toEqual({ from: 'alone' });
    await slot.close();
  });

  it('leaves no listener on the signal after a failed start or a close', async () => {
    const { signal } = new AbortController();
    await expect(openSlot(fixture('factory-throws.mjs'), { signal })).rejects.toThrow('factory');
    const slot = await openSlot(named('ends'), { signal });
    await slot.close();
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('runs concurrent swaps one after the other', async () => {
    const slot = await openSlot(named('first'));
    const paths = ['second', 'third', 'fourth'].map((name) => named(name));
    const statuses = await Promise.all(paths.map((path) => slot.swap({ path })));
    expect(statuses.map(({ path }) => path)).toEqual(paths);
    await expect(slot.proxy.get('key')).resolves.toEqual({ from: 'fourth' });
    await slot.close();
    for (const path of paths) expect(seenBy(path)).toMatchObject({ closed: 1 });
  });

  it('refuses a swap after its close, and closes an instance that comes too late', async () => {
    const slow = pluginFile(`
      export const seen = { closed: 0 };
      export const gate = Promise.withResolvers();
      export const Factory = async () => {
        globalThis.calledFactories.add(import.meta.filename);
        await gate.promise;
        return { async get() {}, async set() {}, async close() { seen.closed++; } };
      };
    `);
    const slot = await openSlot(named('old'));
    const begun = slot.swap({ path: slow });
    await reached(slow);
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
    'imports the same bytes once; warns of and counts other bytes in the same file: .$extension',
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

  it('retries a first plugin that is not required until it is live', async () => {
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

  it('does not retry it after a swap', async () => {
    const slot = await openSlot(fixture('no-such-file.mjs'), { required: false });
    await slot.swap({ path: named('instead') });
    await delay(300);
    expect(slot.status()).toMatchObject({ failure: null, plugin: { name: 'instead' } });
    await slot.close();
  });

  it('rejects when a required plugin cannot start', async () => {
    await expect(openSlot(fixture('no-such-file.mjs'))).rejects.toHaveProperty('code', 'PLUGIN_NOT_FOUND');
  });

  it('ends a swap whose factory hangs when it is sealed, and closes within one close timeout', async () => {
    const slot = await openSlot(named('old'));
    const path = hangs();
    const swapping = slot.swap({ path });
    const queued = slot.swap({ path: named('queued') });
    await reached(path);
    slot.seal();
    await expect(swapping).rejects.toMatchObject({
      code: 'PLUGIN_CLOSED',
      message: `plugin ${path}: found a swap while the application shuts down, wanted a swap before the shutdown; set the path for the next start`,
    });
    await expect(queued).rejects.toHaveProperty('code', 'PLUGIN_CLOSED');
    await expect(slot.proxy.get('key')).resolves.toEqual({ from: 'old' });
    await slot.close();
    expect(seenBy(path)).toMatchObject({ signal: { aborted: true } });
  });

  it('ends a retry whose factory hangs, and does not retry again', async () => {
    const path = pluginFile(`
      export const seen = { starts: 0 };
      export const Factory = () => {
        if (++seen.starts === 1) throw new Error('not yet');
        globalThis.calledFactories.add(import.meta.filename);
        return new Promise(() => {});
      };
    `);
    const failures: number[] = [];
    const slot = await openSlot(path, { required: false, onFailure: ({ attempts }) => failures.push(attempts) });
    await reached(path);
    await slot.close();
    await delay(300);
    expect(seenBy(path)).toMatchObject({ starts: 2 });
    expect(failures).toEqual([1]);
    expect(slot.status()).toMatchObject({ plugin: null, failure: null });
  });

  it('closes the replaced and the live plugin in parallel', async () => {
    const slow = 'async close() { seen.isClosing = true; await gate.promise; seen.closed++; },';
    const paths = [named('old', slow), named('new', slow)] as const;
    const slot = await openSlot(paths[0]);
    await slot.swap({ path: paths[1] });
    const closing = slot.close();
    await eventually('the closes', () => paths.every((path) => seenBy(path).isClosing === true));
    for (const path of paths) (exportOf(path, 'gate') as PromiseWithResolvers<void>).resolve();
    await closing;
    expect(paths.map(seenBy)).toMatchObject([{ closed: 1 }, { closed: 1 }]);
  });

  it.each<[string, () => void]>([
    ['throws', () => fail(new Error('no log today'))],
    ['rejects', async () => fail(new Error('no log today'))],
  ])('continues when onLive %s, and logs the error', async (_how, onLive) => {
    const { logger, lines } = recordingLogger();
    const [oldPath, newPath] = [named('old'), named('new')];
    const plugin = { path: oldPath, env: {}, logger };
    const slot = await openSlot(oldPath, { plugin, onLive });
    await slot.swap({ path: newPath });
    await expect(slot.proxy.get('key')).resolves.toEqual({ from: 'new' });
    await slot.close();
    expect([seenBy(oldPath), seenBy(newPath)]).toMatchObject([{ closed: 1 }, { closed: 1 }]);
    const line = ['error', 'listener of the plugin slot failed', { error: 'no log today' }];
    expect(lines.filter(([level]) => level === 'error')).toEqual([line, line]);
  });

  it('retries when onFailure throws', async () => {
    const path = `${folder}/comes-later-still.mjs`;
    const slot = await openSlot(path, { required: false, onFailure: () => fail(new Error('no log today')) });
    writeFileSync(path, `export const Factory = () => ({ async get() {}, async set() {} });`);
    await eventually('the plugin', () => slot.status().plugin !== null);
    expect(slot.status().failure).toBeNull();
    await slot.close();
  });

  it('works with a logger that throws', async () => {
    const logger = { debug: fail, info: fail, warn: fail, error: fail };
    // Without a manifest the host logs a warning; the factory logs; the close fails.
    const path = pluginFile(`
      export const Factory = (log) => {
        log.info('starts');
        return { async get() { log.error('asked'); return {}; }, async set() {}, close() { throw new Error('no'); } };
      };
    `);
    const plugin = { path, env: {}, logger };
    const slot = await openSlot(path, { plugin, onLive: () => fail(new Error('no log today')) });
    await expect(slot.proxy.get('key')).resolves.toEqual({});
    await slot.swap({ path: named('new') });
    await expect(slot.proxy.get('key')).resolves.toEqual({ from: 'new' });
    await slot.close();
  });

  it('closes when its signal is aborted', async () => {
    const application = new AbortController();
    const path = named('first');
    const slot = await openSlot(path, { signal: application.signal });
    const reason = new Error('another part did not start');
    application.abort(reason);
    await eventually('the end of the plugin', () => slot.status().plugin?.state === 'closed');
    expect(seenBy(path)).toMatchObject({ closed: 1 });
    await expect(openSlot(named('second'), { signal: application.signal })).rejects.toBe(reason);
  });

  it('ends its first start when its signal is aborted, required or not', async () => {
    for (const required of [true, false]) {
      const application = new AbortController();
      const path = hangs();
      const opening = openSlot(path, { required, signal: application.signal });
      const reason = new Error('another part did not start');
      void reached(path).then(() => application.abort(reason));
      await expect(opening).rejects.toBe(reason);
    }
  });

  it('offers no optional method of Object.prototype', async () => {
    const contract = { ...CACHE, methods: { ...CACHE.methods, toString: { args: [], optional: true } } };
    const path = named('without');
    const slot = await PluginSlot.open(contract, { plugin: { path, env: {} }, fallback });
    expect(Reflect.get(slot.proxy, 'toString')).toBeUndefined();
    await slot.close();
  });
});
