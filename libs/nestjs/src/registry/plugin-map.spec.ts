// PluginMap: opening, failures and refreshes of a folder.
import { spawnSync } from 'node:child_process';
import { getEventListeners } from 'node:events';
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { adapter, defineContract } from '@pluggable/contract';
import { describe, expect, it } from 'vitest';
import {
  codeOf,
  eventsOf,
  folderOf,
  gate,
  GREETER,
  greeter,
  type Greeter,
  greeterFile,
  happened,
  startApp,
} from '../../../../test/support/greeters.js';
import { recordingLogger } from '../../../../test/support/recording-logger.js';
import { getPluginsToken, type PluginFolderOptions, type PluginMap, PluginModule, PluginRegistry } from '../index.js';

type Options = Partial<PluginFolderOptions> & { readonly name?: string };

/** An application whose only plugins are those of a folder. */
async function openFolder(directory: string, options: Options = {}) {
  const { logger, lines } = recordingLogger();
  const app = await startApp(PluginModule.forDirectory(GREETER, { directory, logger, ...options }));
  const map = app.get<PluginMap<Greeter>>(getPluginsToken(GREETER, options.name));
  return { app, map, lines, registry: app.get(PluginRegistry) };
}

const write = (folder: string, file: string, text: string): void => writeFileSync(join(folder, file), text);
const remove = (folder: string, file: string): void => rmSync(join(folder, file));

const greetings = (map: PluginMap<Greeter>): Promise<string[]> =>
  Promise.all([...map.values()].map((plugin) => plugin.greet('you')));

/** The arguments of the callback of forEach. */
function visits(of: ReadonlyMap<string, Greeter>): unknown[] {
  const seen: unknown[] = [];
  of.forEach(function (this: unknown, plugin, name, whole) {
    seen.push(this, plugin, name, whole === of);
  }, 'this');
  return seen;
}

const UNCHANGED = { added: [], changed: [], removed: [], failed: [] };

describe('A PluginMap', () => {
  it('holds the plugins of a folder, sorted by the names in their manifests', async () => {
    const folder = folderOf({ 'a.mjs': greeter('moin'), 'b.mjs': greeter('ahoi'), 'c.mjs': greeter('Hej') });
    const { map, registry } = await openFolder(folder);
    expect([...map.keys()]).toEqual(['Hej', 'ahoi', 'moin']);
    await expect(greetings(map)).resolves.toEqual(['Hej you', 'ahoi you', 'moin you']);
    expect(map).toMatchObject({ name: 'greeter', directory: folder, size: 3 });
    expect(registry.folders).toEqual([map]);
    expect(registry.plugins.map(({ name }) => name)).toEqual(['greeter/Hej', 'greeter/ahoi', 'greeter/moin']);
  });

  it('opens .mjs, .js and .cjs files, and ignores dot files, other files and folders', async () => {
    const commonJs = `exports.Factory = () => ({ greet: async () => 'cjs' });`;
    const folder = folderOf({
      'one.mjs': greeter('one'),
      'two.js': greeter('two'),
      'three.cjs': commonJs,
      '.four.mjs': greeter('four'),
      'five.txt': greeter('five'),
      'six.mjs.map': '{}',
      'README.md': '# Plugins',
    });
    mkdirSync(join(folder, 'folder.mjs'));
    mkdirSync(join(folder, 'sub'));
    write(folder, 'sub/seven.mjs', greeter('seven'));
    const { map } = await openFolder(folder);
    expect([...map.keys()]).toEqual(['one', 'three', 'two']);
    expect(map.failed.size).toBe(0);
    expect([...eventsOf('four'), ...eventsOf('seven')]).toEqual([]);
  });

  it('follows a symbolic link inside the folder, and refuses one to a file outside', async () => {
    const folder = folderOf({ 'release-2.mjs.bin': '', 'a.mjs': greeter('within', { name: 'a' }) });
    symlinkSync(join(folder, 'a.mjs'), join(folder, 'z.mjs'));
    symlinkSync(greeterFile('outside'), join(folder, 'outside.mjs'));
    symlinkSync(join(folder, 'nowhere'), join(folder, 'dangling.mjs'));
    const { map } = await openFolder(folder);
    expect([...map.keys()]).toEqual(['a']);
    expect([...map.failed].map(([file, { code }]) => [file, code])).toEqual([
      ['dangling.mjs', 'PLUGIN_NOT_FOUND'],
      ['outside.mjs', 'PLUGIN_OUTSIDE_DIRECTORY'],
      ['z.mjs', 'PLUGIN_NAME_TAKEN'],
    ]);
    expect(eventsOf('outside')).toEqual([]);
  });

  it('ignores a file of another kind, records a failed file, and serves the others', async () => {
    const folder = folderOf({
      'good.mjs': greeter('good'),
      'other.mjs': greeter('other', { kind: 'mailer' }),
      'syntax.mjs': 'export const = ;',
      'throws.mjs': greeter('throws', { factory: 'throws' }),
    });
    const { map, lines } = await openFolder(folder);
    expect([...map.keys()]).toEqual(['good']);
    expect([...map.failed].map(([file, { code }]) => [file, code])).toEqual([
      ['syntax.mjs', 'PLUGIN_NOT_LOADABLE'],
      ['throws.mjs', 'PLUGIN_FACTORY_REJECTED'],
    ]);
    expect(lines).toContainEqual(['debug', 'not a greeter plugin; ignored', { file: 'other.mjs' }]);
    expect(lines).toContainEqual([
      'error',
      'greeter plugin file not opened; the others serve',
      expect.objectContaining({ file: 'throws.mjs', code: 'PLUGIN_FACTORY_REJECTED' }),
    ]);
  });

  it('records a file that cannot be read: a link to itself', async () => {
    const folder = folderOf({ 'a.mjs': greeter('readable') });
    symlinkSync('loop.mjs', join(folder, 'loop.mjs'));
    const { map } = await openFolder(folder);
    expect([...map.keys(), ...map.failed.keys()]).toEqual(['readable', 'loop.mjs']);
    expect(map.failed.get('loop.mjs')).toMatchObject({
      code: 'PLUGIN_NOT_READABLE',
      fix: 'correct the file loop.mjs',
    });
  });

  it('logs the changes of a refresh, and each failure once', async () => {
    const folder = folderOf({ 'a.mjs': greeter('told'), 'broken.mjs': 'export const = 1;' });
    const { map, lines } = await openFolder(folder);
    const failures = () => lines.filter(([level]) => level === 'error');
    expect(failures()).toHaveLength(1);
    lines.length = 0;
    await map.refresh();
    expect(lines).toEqual([]);
    write(folder, 'b.mjs', greeter('later'));
    remove(folder, 'a.mjs');
    await map.refresh();
    const changes = { added: ['later'], changed: [], removed: ['told'] };
    expect(lines).toContainEqual(['info', 'greeter plugin folder changed', changes]);
    expect(failures()).toEqual([]);
  });

  it('serves the smaller file name when two plugins have the same name, whichever starts first', async () => {
    gate('late');
    const folder = folderOf({
      'a.mjs': greeter('late', { name: 'same', factory: 'gated' }),
      'b.mjs': greeter('early', { name: 'same' }),
    });
    const opening = openFolder(folder);
    await happened('early', 'opened');
    gate('late').resolve();
    const { map } = await opening;
    await expect(greetings(map)).resolves.toEqual(['late you']);
    expect(map.failed.get('b.mjs')).toMatchObject({
      code: 'PLUGIN_NAME_TAKEN',
      message: `plugin ${join(folder, 'b.mjs')}: found a second plugin with the name "greeter/same", wanted one plugin for each name; remove one of the two, or build it with another name in its manifest`,
    });
    expect(eventsOf('early').at(-1)).toBe('closed');
  });

  it('moves the name to the second plugin when the file of the first is deleted', async () => {
    const folder = folderOf({
      'a.mjs': greeter('first', { name: 'shared' }),
      'b.mjs': greeter('second', { name: 'shared' }),
    });
    const { map } = await openFolder(folder);
    remove(folder, 'a.mjs');
    await expect(map.refresh()).resolves.toEqual({ ...UNCHANGED, added: ['shared'], removed: ['shared'] });
    await expect(greetings(map)).resolves.toEqual(['second you']);
    expect(map.failed.size).toBe(0);
  });

  it('behaves as a Map does', async () => {
    const { map } = await openFolder(folderOf({ '1.mjs': greeter('x'), '2.mjs': greeter('y') }));
    const model = new Map(map);
    expect(model.size).toBe(2);
    expect([map.size, [...map.keys()], [...map.values()], [...map.entries()]]).toEqual([
      model.size,
      [...model.keys()],
      [...model.values()],
      [...model.entries()],
    ]);
    for (const name of ['x', 'y', 'z', 'constructor', '__proto__']) {
      expect([name, map.has(name), map.get(name)]).toEqual([name, model.has(name), model.get(name)]);
    }
    expect(visits(map)).toEqual(visits(model));
    expect(new Map(map)).toEqual(model);
    expect(map.get('x')).toBe(map.get('x'));
  });

  it.each<{ what: string; directory: () => string; code: string; found: string }>([
    {
      what: 'is not there',
      directory: () => join(folderOf(), 'nowhere'),
      code: 'PLUGIN_NOT_FOUND',
      found: 'no such folder',
    },
    { what: 'is a file', directory: () => greeterFile('file'), code: 'PLUGIN_NOT_FOUND', found: 'no such folder' },
  ])('fails the start when its folder $what', async ({ directory, code, found }) => {
    const path = directory();
    await expect(openFolder(path, { settingNames: { directory: 'GREETERS' } })).rejects.toMatchObject({
      code,
      message: `plugin ${path}: found ${found}, wanted a folder of plugins; create it, or correct GREETERS`,
    });
  });

  it.each(['', undefined])('fails the start when its folder is %j, without using another folder', async (directory) => {
    const options = { directory } as PluginFolderOptions;
    const error: unknown = await startApp(PluginModule.forDirectory(GREETER, options)).then(
      () => null,
      (reason) => reason,
    );
    expect(error).toMatchObject({
      code: 'PLUGIN_PATH_INVALID',
      message: 'plugin: found an empty folder path, wanted a folder of plugins; set the option directory',
    });
  });

  it('fails the start when an option is invalid', async () => {
    const folder = folderOf({ 'a.mjs': greeter('wrong-option') });
    await expect(openFolder(folder, { closeTimeoutMs: 0 })).rejects.toThrow(/found closeTimeoutMs 0, wanted/);
  });

  it('closes its plugins when the start fails because an adapter throws', async () => {
    const throwing = adapter(GREETER, (): Greeter => {
      throw new TypeError('no way from 1 to 2');
    });
    const methods = { greet: { args: ['person'] } } as const;
    const contract = defineContract<Greeter>({ kind: 'greeter', version: 2, methods }).with({ accepts: [throwing] });
    const newer = greeter('newer').replace('contract: 1', 'contract: 2');
    const directory = folderOf({ 'a.mjs': newer, 'b.mjs': greeter('older') });
    const starting = startApp(PluginModule.forDirectory(contract, { directory, logger: recordingLogger().logger }));
    await expect(starting).rejects.toThrow('no way from 1 to 2');
    expect(eventsOf('newer').at(-1)).toBe('closed');
    expect(eventsOf('older').at(-1)).toBe('closed');
  });

  it('refuses a folder outside the folder of forRoot', async () => {
    const within = folderOf();
    const elsewhere = folderOf({ 'a.mjs': greeter('elsewhere') });
    symlinkSync(elsewhere, join(within, 'link'));
    for (const directory of [elsewhere, join(within, 'link'), join(within, '..')]) {
      const modules = [PluginModule.forRoot({ within }), PluginModule.forDirectory(GREETER, { directory })];
      const error: unknown = await startApp(...modules).then(
        () => null,
        (reason) => reason,
      );
      expect(error).toMatchObject({
        code: 'PLUGIN_OUTSIDE_DIRECTORY',
        message: `plugin ${directory}: found a folder outside the allowed folder, wanted a folder in ${within}; move the folder there, or correct the option within`,
      });
    }
    expect(eventsOf('elsewhere')).toEqual([]);
  });

  it('opens nothing while the folder of forRoot does not exist', async () => {
    const directory = folderOf({ 'a.mjs': greeter('unguarded') });
    const root = PluginModule.forRoot({ within: join(directory, 'nowhere') });
    expect(await codeOf(startApp(root, PluginModule.forDirectory(GREETER, { directory })))).toBe(
      'PLUGIN_OUTSIDE_DIRECTORY',
    );
    expect(eventsOf('unguarded')).toEqual([]);
  });

  it('opens the folder of forRoot itself, and one in it', async () => {
    const within = folderOf({ 'a.mjs': greeter('itself') });
    mkdirSync(join(within, 'in'));
    write(within, 'in/b.mjs', greeter('within-it'));
    const logger = recordingLogger().logger;
    const app = await startApp(
      PluginModule.forRoot({ within, logger }),
      PluginModule.forDirectory(GREETER, { directory: within }),
      PluginModule.forDirectory(GREETER, { directory: join(within, 'in'), name: 'in' }),
    );
    expect(app.get(PluginRegistry).plugins.map(({ name }) => name)).toEqual(['greeter/in/within-it', 'greeter/itself']);
  });
});

describe('PluginMap.refresh', () => {
  it('changes nothing when nothing has changed', async () => {
    const { map } = await openFolder(folderOf({ 'a.mjs': greeter('still') }));
    const before = map.get('still');
    await expect(map.refresh()).resolves.toEqual(UNCHANGED);
    expect(map.get('still')).toBe(before);
    expect(eventsOf('still')).toEqual(['begins', 'opened']);
  });

  it('adds the plugin of a new file, in sorted order', async () => {
    const folder = folderOf({ 'b.mjs': greeter('middle') });
    const { map } = await openFolder(folder);
    write(folder, 'a.mjs', greeter('zulu'));
    write(folder, 'c.mjs', greeter('alpha'));
    await expect(map.refresh()).resolves.toEqual({ ...UNCHANGED, added: ['alpha', 'zulu'] });
    expect([...map.keys()]).toEqual(['alpha', 'middle', 'zulu']);
  });

  it('replaces the plugin of a changed file behind the same object, and closes the old one', async () => {
    const folder = folderOf({ 'a.mjs': greeter('old', { name: 'changing' }) });
    const { map, registry } = await openFolder(folder);
    const plugin = map.get('changing');
    write(folder, 'a.mjs', greeter('new', { name: 'changing' }));
    await expect(map.refresh()).resolves.toEqual({ ...UNCHANGED, changed: ['changing'] });
    expect(map.get('changing')).toBe(plugin);
    await expect(plugin?.greet('you')).resolves.toBe('new you');
    await happened('old', 'closed');
    expect(registry.get('greeter/changing')?.status()).toMatchObject({ swaps: 1, state: 'live' });
    await expect(map.refresh()).resolves.toEqual(UNCHANGED);
  });

  it.each([
    { what: 'throws', text: greeter('x', { factory: 'throws' }), code: 'PLUGIN_FACTORY_REJECTED' },
    { what: 'is not JavaScript', text: '<html>', code: 'PLUGIN_NOT_LOADABLE' },
    { what: 'is of another kind', text: greeter('x', { kind: 'mailer' }), code: 'PLUGIN_WRONG_KIND' },
    {
      what: 'has no back end',
      text: greeter('x', { name: 'before-it-has-no-back-end', ping: 'fails' }),
      code: 'PLUGIN_NOT_USABLE',
    },
  ])('keeps the old plugin when its new file $what, and records the error', async ({ what, text, code }) => {
    const word = `before it ${what}`.replaceAll(' ', '-');
    const folder = folderOf({ 'a.mjs': greeter(word) });
    const { map, lines } = await openFolder(folder);
    write(folder, 'a.mjs', text);
    await expect(map.refresh()).resolves.toEqual({ ...UNCHANGED, failed: ['a.mjs'] });
    await expect(map.get(word)?.greet('you')).resolves.toBe(`${word} you`);
    expect(map.failed.get('a.mjs')).toMatchObject({ code });
    expect(lines).toContainEqual([
      'error',
      'greeter plugin file not opened; the previous plugin stays live',
      expect.objectContaining({ file: 'a.mjs', code }),
    ]);
    write(folder, 'a.mjs', greeter(word));
    await expect(map.refresh()).resolves.toEqual(UNCHANGED);
    expect([map.failed.size, eventsOf(word)]).toEqual([0, ['begins', 'opened']]);
  });

  it('opens a file again that failed before', async () => {
    const folder = folderOf({ 'a.mjs': greeter('repaired', { factory: 'throws' }) });
    const { map } = await openFolder(folder);
    write(folder, 'a.mjs', greeter('repaired'));
    await expect(map.refresh()).resolves.toEqual({ ...UNCHANGED, added: ['repaired'] });
    expect(map.failed.size).toBe(0);
  });

  it('treats a changed file with another name in its manifest as another plugin', async () => {
    const folder = folderOf({ 'a.mjs': greeter('called-one') });
    const { map, registry } = await openFolder(folder);
    const one = map.get('called-one');
    write(folder, 'a.mjs', greeter('called-two'));
    await expect(map.refresh()).resolves.toEqual({ ...UNCHANGED, added: ['called-two'], removed: ['called-one'] });
    expect([...map.keys()]).toEqual(['called-two']);
    expect(registry.plugins.map(({ name }) => name)).toEqual(['greeter/called-two']);
    expect(await codeOf(Promise.resolve(one?.greet('you')))).toBe('PLUGIN_CLOSED');
    expect(eventsOf('called-one').at(-1)).toBe('closed');
  });

  it('keeps a plugin whose new name is taken', async () => {
    const folder = folderOf({ 'a.mjs': greeter('owner'), 'b.mjs': greeter('thief') });
    const { map } = await openFolder(folder);
    const thief = map.get('thief');
    write(folder, 'b.mjs', greeter('stolen', { name: 'owner' }));
    await expect(map.refresh()).resolves.toEqual({ ...UNCHANGED, failed: ['b.mjs'] });
    expect(map.get('thief')).toBe(thief);
    await expect(greetings(map)).resolves.toEqual(['owner you', 'thief you']);
    expect(map.failed.get('b.mjs')).toMatchObject({ code: 'PLUGIN_NAME_TAKEN' });
  });

  it('moves a name from one plugin to another, in any order of files', async () => {
    const folder = folderOf({ 'a.mjs': greeter('n1'), 'b.mjs': greeter('n2'), 'c.mjs': greeter('n3') });
    const { map } = await openFolder(folder);
    write(folder, 'a.mjs', greeter('a-as-n2', { name: 'n2' }));
    write(folder, 'b.mjs', greeter('b-as-n3', { name: 'n3' }));
    write(folder, 'c.mjs', greeter('c-as-n4', { name: 'n4' }));
    await expect(map.refresh()).resolves.toEqual({
      ...UNCHANGED,
      added: ['n2', 'n3', 'n4'],
      removed: ['n1', 'n2', 'n3'],
    });
    await expect(greetings(map)).resolves.toEqual(['a-as-n2 you', 'b-as-n3 you', 'c-as-n4 you']);
  });

  it('lets two plugins exchange their names', async () => {
    const folder = folderOf({ 'a.mjs': greeter('x'), 'b.mjs': greeter('y') });
    const { map } = await openFolder(folder);
    write(folder, 'a.mjs', greeter('a-as-y', { name: 'y' }));
    write(folder, 'b.mjs', greeter('b-as-x', { name: 'x' }));
    await expect(map.refresh()).resolves.toEqual({ ...UNCHANGED, added: ['x', 'y'], removed: ['x', 'y'] });
    await expect(greetings(map)).resolves.toEqual(['b-as-x you', 'a-as-y you']);
  });

  it('always has a plugin for a name that moves to another file', async () => {
    gate('card-1.1');
    const folder = folderOf({ 'card-1.0.mjs': greeter('card-1.0', { name: 'card' }) });
    const { map } = await openFolder(folder);
    remove(folder, 'card-1.0.mjs');
    write(folder, 'card-1.1.mjs', greeter('card-1.1', { name: 'card', factory: 'gated' }));
    const refreshing = map.refresh();
    await expect.poll(() => eventsOf('card-1.1')).toContain('begins');
    await expect(map.get('card')?.greet('you')).resolves.toBe('card-1.0 you');
    gate('card-1.1').resolve();
    await expect(refreshing).resolves.toEqual({ ...UNCHANGED, added: ['card'], removed: ['card'] });
    await expect(map.get('card')?.greet('you')).resolves.toBe('card-1.1 you');
  });

  it('removes the plugin of a deleted file, waits for its calls in flight, and closes it', async () => {
    gate('leaving');
    const folder = folderOf({ 'a.mjs': greeter('leaving'), 'b.mjs': greeter('staying') });
    const { map, registry } = await openFolder(folder);
    const plugin = map.get('leaving') as Greeter;
    const slow = plugin.greet('slow');
    remove(folder, 'a.mjs');
    const refreshing = map.refresh();
    await expect.poll(() => map.has('leaving')).toBe(false);
    expect(await codeOf(plugin.greet('late'))).toBe('PLUGIN_CLOSED');
    expect(eventsOf('leaving')).toEqual(['begins', 'opened']);
    gate('leaving').resolve();
    await expect(slow).resolves.toBe('leaving slow');
    await expect(refreshing).resolves.toEqual({ ...UNCHANGED, removed: ['leaving'] });
    expect(eventsOf('leaving')).toEqual(['begins', 'opened', 'closes', 'closed']);
    expect(await codeOf(plugin.greet('later'))).toBe('PLUGIN_CLOSED');
    expect(registry.plugins.map(({ name }) => name)).toEqual(['greeter/staying']);
  });

  it('keeps a plugin whose file was renamed, as a new one', async () => {
    const folder = folderOf({ 'a.mjs': greeter('moved') });
    const { map } = await openFolder(folder);
    renameSync(join(folder, 'a.mjs'), join(folder, 'b.mjs'));
    await expect(map.refresh()).resolves.toEqual({ ...UNCHANGED, added: ['moved'], removed: ['moved'] });
    await expect(greetings(map)).resolves.toEqual(['moved you']);
  });

  it('changes nothing while the folder does not exist, and rejects', async () => {
    const folder = folderOf({ 'a.mjs': greeter('unmounted') });
    const { map } = await openFolder(folder);
    renameSync(folder, `${folder}-away`);
    expect(await codeOf(map.refresh())).toBe('PLUGIN_NOT_FOUND');
    await expect(greetings(map)).resolves.toEqual(['unmounted you']);
    renameSync(`${folder}-away`, folder);
    await expect(map.refresh()).resolves.toEqual(UNCHANGED);
  });

  it('runs concurrent refreshes one after the other', async () => {
    const folder = folderOf();
    const { map } = await openFolder(folder);
    gate('once');
    write(folder, 'a.mjs', greeter('once', { factory: 'gated' }));
    const both = Promise.all([map.refresh(), map.refresh()]);
    await happened('once', 'begins');
    gate('once').resolve();
    await expect(both).resolves.toEqual([{ ...UNCHANGED, added: ['once'] }, UNCHANGED]);
    expect(eventsOf('once')).toEqual(['begins', 'opened']);
  });

  it('is called for every folder by the registry, which returns the changes of each', async () => {
    const folders = [folderOf(), folderOf()] as const;
    const logger = recordingLogger().logger;
    const app = await startApp(
      PluginModule.forDirectory(GREETER, { directory: folders[0], logger }),
      PluginModule.forDirectory(GREETER, { directory: folders[1], name: 'second', logger }),
    );
    write(folders[1], 'a.mjs', greeter('in-second'));
    const changes = await app.get(PluginRegistry).refresh();
    expect([...changes]).toEqual([
      ['greeter', UNCHANGED],
      ['greeter/second', { ...UNCHANGED, added: ['in-second'] }],
    ]);
  });

  it.skipIf(process.platform === 'win32')('is not blocked by a pipe instead of a plugin file', async () => {
    const folder = folderOf({ 'a.mjs': greeter('piped') });
    const { map } = await openFolder(folder);
    remove(folder, 'a.mjs');
    spawnSync('mkfifo', [join(folder, 'pipe')]);
    symlinkSync(join(folder, 'pipe'), join(folder, 'a.mjs'));
    await expect(map.refresh()).resolves.toEqual({ ...UNCHANGED, failed: ['a.mjs'] });
    expect(map.failed.get('a.mjs')).toMatchObject({ code: 'PLUGIN_NOT_A_FILE', fix: 'correct the file a.mjs' });
    await expect(greetings(map)).resolves.toEqual(['piped you']);
  });

  it('leaves no listener on the signal of the application for failed files', async () => {
    const { signal } = new AbortController();
    const { map } = await openFolder(folderOf({ 'a.mjs': 'throw new Error("no")' }), { signal });
    await map.refresh();
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});
