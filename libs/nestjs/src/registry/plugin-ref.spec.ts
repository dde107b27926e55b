// PluginRef: status, ping and swap of a plugin in an application.
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  codeOf,
  eventsOf,
  fallback,
  folderOf,
  GREETER,
  greeter,
  type Greeter,
  greeterFile,
  happened,
  startApp,
} from '../../../../test/support/greeters.js';
import { eventually } from '../../../../test/support/eventually.js';
import { recordingLogger } from '../../../../test/support/recording-logger.js';
import {
  getPluginRefToken,
  getPluginToken,
  type PluginDefaults,
  PluginModule,
  type PluginModuleOptions,
  type PluginRef,
  PluginRegistry,
} from '../index.js';

/** An application with one plugin. */
async function openPlugin(options: PluginModuleOptions<Greeter>, defaults: PluginDefaults = {}) {
  const { logger, lines } = recordingLogger();
  const app = await startApp(PluginModule.forRoot({ logger, ...defaults }), PluginModule.forPlugin(GREETER, options));
  return {
    app,
    lines,
    plugin: app.get<Greeter>(getPluginToken(GREETER)),
    ref: app.get<PluginRef<Greeter>>(getPluginRefToken(GREETER)),
  };
}

describe('PluginRef.swap', () => {
  it('replaces the plugin behind the injected object, and closes the old one', async () => {
    const within = folderOf({ 'old.mjs': greeter('old'), 'new.mjs': greeter('new') });
    const { app, plugin, ref, lines } = await openPlugin({ path: join(within, 'old.mjs'), within });
    const path = join(within, 'new.mjs');
    await expect(ref.swap({ path })).resolves.toMatchObject({
      name: 'greeter',
      state: 'live',
      swaps: 1,
      plugin: { path, name: 'new' },
    });
    expect(app.get(getPluginToken(GREETER))).toBe(plugin);
    await expect(plugin.greet('you')).resolves.toBe('new you');
    await happened('old', 'closed');
    expect(lines).toContainEqual(['info', 'greeter plugin swapped', { path, hash: ref.status().plugin?.hash }]);
  });

  it('replaces a fallback by a plugin', async () => {
    const within = folderOf({ 'a.mjs': greeter('after-fallback') });
    const { plugin, ref } = await openPlugin({ fallback, within });
    await ref.swap({ path: join(within, 'a.mjs') });
    await expect(plugin.greet('you')).resolves.toBe('after-fallback you');
    expect(ref.status().state).toBe('live');
  });

  it.each<{ what: string; of: (within: string) => Partial<PluginModuleOptions<Greeter>>; defaults: 'within' | 'none' }>(
    [
      { what: 'within of the plugin', of: (within) => ({ within }), defaults: 'none' },
      { what: 'within of forRoot', of: () => ({}), defaults: 'within' },
      { what: 'swapWithin, whatever within is', of: (swapWithin) => ({ swapWithin, within: '/' }), defaults: 'none' },
      {
        what: 'swapWithin, despite forRoot',
        of: (swapWithin) => ({ swapWithin, within: '/' }),
        defaults: 'within',
      },
    ],
  )('loads only from the folder: $what', async ({ of, defaults }) => {
    const within = folderOf({ 'first.mjs': greeter('first-within'), 'second.mjs': greeter('second-within') });
    const outside = greeterFile('outside-of-swaps');
    symlinkSync(outside, join(within, 'link.mjs'));
    const options = { path: join(within, 'first.mjs'), ...of(within) } as PluginModuleOptions<Greeter>;
    const { plugin, ref, lines } = await openPlugin(options, defaults === 'within' ? { within } : {});
    for (const path of [outside, join(within, 'link.mjs'), join(within, '..', 'nowhere.mjs')]) {
      expect(await codeOf(ref.swap({ path }))).toBe('PLUGIN_OUTSIDE_DIRECTORY');
    }
    expect(lines).toContainEqual([
      'warn',
      'greeter plugin not swapped',
      { code: 'PLUGIN_OUTSIDE_DIRECTORY', error: expect.stringContaining(outside) },
    ]);
    await expect(plugin.greet('you')).resolves.toBe('first-within you');
    await ref.swap({ path: join(within, 'second.mjs') });
    await expect(plugin.greet('you')).resolves.toBe('second-within you');
    expect(eventsOf('outside-of-swaps')).toEqual([]);
  });

  it('does not limit the start by swapWithin', async () => {
    const { plugin } = await openPlugin({ path: greeterFile('from-elsewhere'), swapWithin: folderOf() });
    await expect(plugin.greet('you')).resolves.toBe('from-elsewhere you');
  });

  it.each(['there', 'not there'])(
    'loads nothing if no folder is set, and does not reveal whether the file exists: %s',
    async (where) => {
      const path = where === 'there' ? greeterFile('unswappable') : join(folderOf(), 'nowhere.mjs');
      const { ref } = await openPlugin({ path: greeterFile('fixed'), settingNames: { within: 'GREETERS' } });
      await expect(ref.swap({ path })).rejects.toMatchObject({
        code: 'PLUGIN_OUTSIDE_DIRECTORY',
        message: `plugin ${path}: found a swap without an allowed folder, wanted a folder from which swaps may load files; set GREETERS`,
      });
      expect(ref.status()).toMatchObject({ state: 'live', swaps: 0 });
      expect(eventsOf('unswappable')).toEqual([]);
    },
  );

  it.each([
    { what: 'does not start', text: greeter('x', { factory: 'throws' }), code: 'PLUGIN_FACTORY_REJECTED' },
    { what: 'is of another kind', text: greeter('x', { kind: 'mailer' }), code: 'PLUGIN_WRONG_KIND' },
    { what: 'has a failing ping', text: greeter('x', { ping: 'fails' }), code: 'PLUGIN_NOT_USABLE' },
  ])('keeps the plugin when the new one $what, and logs the error', async ({ text, code }) => {
    const within = folderOf({ 'old.mjs': greeter('stays'), 'new.mjs': text });
    const { plugin, ref, lines } = await openPlugin({ path: join(within, 'old.mjs'), within });
    expect(await codeOf(ref.swap({ path: join(within, 'new.mjs') }))).toBe(code);
    await expect(plugin.greet('you')).resolves.toBe('stays you');
    expect(ref.status()).toMatchObject({ state: 'live', swaps: 0 });
    expect(lines.at(-1)).toEqual(['warn', 'greeter plugin not swapped', expect.objectContaining({ code })]);
  });

  it('uses only path, factory name, integrity and isolation of a change', async () => {
    const within = folderOf({
      'old.mjs': greeter('given'),
      'new.mjs': 'export const make = () => ({ greet: async () => "made" });',
    });
    const { plugin, ref } = await openPlugin({ path: join(within, 'old.mjs'), within });
    const path = join(within, 'new.mjs');
    expect(await codeOf(ref.swap({ path, factoryName: 'make', integrity: `sha256-${'A'.repeat(43)}=` }))).toBe(
      'PLUGIN_INTEGRITY_MISMATCH',
    );
    const more = { directory: '/', env: { A: 'b' }, accept: () => expect.unreachable() };
    expect(await codeOf(ref.swap({ path: greeterFile('smuggled'), ...more }))).toBe('PLUGIN_OUTSIDE_DIRECTORY');
    await expect(ref.swap({ path, factoryName: 'make', isolation: 'worker', ...more })).resolves.toMatchObject({
      plugin: { isolation: 'worker' },
    });
    await expect(plugin.greet('you')).resolves.toBe('made');
  });

  it('is refused for a plugin that comes from a folder', async () => {
    const directory = folderOf({ 'a.mjs': greeter('of-folder') });
    const app = await startApp(PluginModule.forDirectory(GREETER, { directory, logger: recordingLogger().logger }));
    const ref = app.get(PluginRegistry).get('greeter/of-folder');
    const path = join(directory, 'a.mjs');
    await expect(ref?.swap({ path })).rejects.toMatchObject({
      code: 'PLUGIN_NOT_SWAPPABLE',
      message: `plugin ${path}: found a swap of a plugin that comes from a folder, wanted a plugin with a configured path; replace its file in ${directory}, then refresh`,
    });
  });
});

describe('PluginRef.status', () => {
  it('shows the plugin and its variables, with secrets masked', async () => {
    const text = `
      export const manifest = { kind: 'greeter', contract: 1, name: 'n', version: '2', env: ['A'], secrets: ['B'] };
      export const Factory = () => ({ greet: async () => '' });
    `;
    const path = join(folderOf({ 'a.mjs': text }), 'a.mjs');
    const { ref, lines } = await openPlugin({ path, env: { A: 'public', B: 'hunter2', C: 'other' } });
    expect(ref.status()).toMatchObject({
      name: 'greeter',
      kind: 'greeter',
      state: 'live',
      failure: null,
      swaps: 0,
      details: {},
      plugin: { path, name: 'n', version: '2', isolation: 'inline', config: { A: 'public', B: '***' } },
    });
    expect(lines).toContainEqual([
      'info',
      'greeter plugin live',
      { plugin: 'n', version: '2', isolation: 'inline', config: { A: 'public', B: '***' } },
    ]);
    expect(JSON.stringify([ref.status(), lines])).not.toContain('hunter2');
  });

  it('updates the state by a ping', async () => {
    const path = greeterFile('pinged', { ping: 'fails' });
    const { ref } = await openPlugin({ path });
    await expect(ref.ping()).resolves.toBe('degraded');
    const { ref: other } = await openPlugin({ fallback });
    await expect(other.ping()).resolves.toBe('none');
  });

  it('is failed while a plugin that is not required cannot start, then live', async () => {
    const path = join(folderOf(), 'comes-later.mjs');
    const { plugin, ref, lines } = await openPlugin({ path, required: false, fallback, fallbackName: 'a wave' });
    expect(ref.status()).toMatchObject({
      state: 'failed',
      plugin: null,
      failure: { error: { code: 'PLUGIN_NOT_FOUND' }, attempts: 1, nextAttempt: expect.any(Date) },
    });
    await expect(plugin.greet('you')).resolves.toBe('fallback you');
    expect(lines).toEqual([
      [
        'error',
        'greeter plugin not started; using a wave; the start will be retried',
        expect.objectContaining({ code: 'PLUGIN_NOT_FOUND', attempts: 1 }),
      ],
    ]);
    writeFileSync(path, greeter('comes-later'));
    await eventually('the plugin', () => ref.status().state === 'live');
    await expect(plugin.greet('you')).resolves.toBe('comes-later you');
    expect(ref.status().failure).toBeNull();
  });
});
