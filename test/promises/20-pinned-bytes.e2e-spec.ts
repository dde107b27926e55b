// A pin covers every byte that runs: with links, with other imports of the file, and with every loader of Node.
import { createHash } from 'node:crypto';
import { chmodSync, cpSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire, registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ISOLATIONS } from '@pluggable/host';
import { describe, expect, it } from 'vitest';
import { pluginStatus, swap, TOKEN } from '../support/admin.js';
import { fixture, folder, openCache, pluginFile } from '../support/built-host.js';
import { MEMORY_PLUGIN, startProgram } from '../support/program.js';
import { promise } from '../support/promises.js';

const require = createRequire(import.meta.url);
const hash = (bytes: string | Buffer) => `sha256-${createHash('sha256').update(bytes).digest('base64')}`;
const manifest = (permissions: readonly string[] = []) =>
  `{ kind: 'cache', contract: 1, name: 'case', version: '1', permissions: ${JSON.stringify(permissions)} }`;
const answering = (answer: string, extension = 'mjs') =>
  extension === 'cjs'
    ? `exports.manifest = ${manifest()}; exports.Factory = () => ({ get: () => ({ answer: '${answer}' }), set() {} });`
    : `export const manifest = ${manifest()}; export const Factory = () => ({ get: () => ({ answer: '${answer}' }), set() {} });`;

/** The pinned fixtures, with a link to their folder, a chain of links, and a link to a file. */
function linked(): string {
  const root = mkdtempSync(join(folder, 'linked-'));
  cpSync(fixture('faults/pinned'), root, { recursive: true });
  chmodSync(root, 0o755);
  symlinkSync(join('releases', '1'), join(root, 'current'));
  symlinkSync('current', join(root, 'current-of-current'));
  symlinkSync(join('releases', '1', 'imports-side.mjs'), join(root, 'link.mjs'));
  return root;
}

/** The result of every loader of Node for a file, in a plugin that may read it. */
const loaders = (side: string) => `
  import module, { createRequire, Module } from 'node:module';
  import vm from 'node:vm';
  export const manifest = ${manifest([`fs.read:${side}`])};
  const side = ${JSON.stringify(side)};
  const elsewhere = createRequire(side + '/');
  const fresh = (name) => Object.assign(new Module(side + '/' + name), { filename: side + '/' + name });
  const main = { importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER };
  const code = 'import(' + JSON.stringify('file://' + side + '/side.mjs') + ')';
  const ways = {
    require: () => elsewhere('./side.cjs'),
    requireJson: () => elsewhere('./side.json'),
    requireAddon: () => elsewhere('./side.node'),
    requireEsm: () => elsewhere('./side.mjs'),
    moduleLoad: () => Module._load(side + '/side.cjs'),
    runMain: () => Module.runMain(side + '/side.cjs'),
    extension: () => Module._extensions['.js'](fresh('side.cjs'), side + '/side.cjs'),
    extensionJson: () => Module._extensions['.json'](fresh('side.json'), side + '/side.json'),
    extensionAddon: () => Module._extensions['.node'](fresh('side.node'), side + '/side.node'),
    loadOfModule: () => fresh('side.cjs').load(side + '/side.cjs'),
    requireOfModule: () => fresh('other.cjs').require(side + '/side.cjs'),
    patchedResolver: () => ((Module._resolveFilename = () => side + '/side.cjs'), elsewhere('./x.cjs')),
    patchedBuiltins: () => ((Module.isBuiltin = () => true), module.syncBuiltinESMExports(), elsewhere('./side.cjs')),
    import: () => import(side + '/side.mjs'),
    importUrl: () => import('file://' + side + '/side.mjs'),
    importData: () => import('data:text/javascript,' + encodeURIComponent(code)),
    vm: () => vm.runInThisContext(code, main),
    compileFunction: () => vm.compileFunction('return ' + code, [], main)(),
    eval: () => (0, eval)(code),
    hooks: () => module.registerHooks({}),
    register: () => module.register('data:text/javascript,'),
  };
  export const Factory = () => ({
    async get() {
      const reached = [];
      for (const [name, way] of Object.entries(ways)) {
        try { await way(); reached.push(name); } catch { /* refused */ }
      }
      return { reached, ran: globalThis.ran ?? [], own: typeof (await import(import.meta.url)).Factory };
    },
    set() {},
  });`;

promise(20, () => {
  describe.each(ISOLATIONS)('%s', (isolation) => {
    it.each(['current/imports-side.mjs', 'current-of-current/imports-side.mjs', 'link.mjs'])(
      'refuses a second file through a symbolic link: %s',
      async (name) => {
        const path = join(linked(), name);
        const integrity = hash(readFileSync(path));
        await expect(openCache(path, { isolation, integrity })).rejects.toMatchObject({
          code: 'PLUGIN_NOT_ONE_FILE',
          message: expect.stringContaining(`plugin ${path}: found an import of "./side.mjs"`),
        });
      },
    );
  });

  describe.each(['worker', 'process'] as const)('%s', (isolation) => {
    it('loads no other file with any loader of Node', async () => {
      const side = mkdtempSync(join(folder, 'side-'));
      for (const name of ['side.cjs', 'side.mjs'])
        writeFileSync(join(side, name), `(globalThis.ran ??= []).push('${name}')`);
      writeFileSync(join(side, 'side.json'), '{}');
      writeFileSync(join(side, 'side.node'), '');
      const source = loaders(side);
      const path = pluginFile(source);
      const pinned = await openCache(path, { isolation, integrity: hash(source), callTimeoutMs: 10_000 });
      await expect(pinned.proxy.get('key')).resolves.toEqual({ reached: [], ran: [], own: 'function' });
      await pinned.close();
      // Without a pin, the same plugin reaches the files, which validates the table.
      const free = await openCache(path, { isolation, callTimeoutMs: 10_000 });
      const { reached } = (await free.proxy.get('key')) as { reached: string[] };
      expect(reached).toEqual(expect.arrayContaining(['require', 'moduleLoad', 'extension', 'import', 'vm', 'hooks']));
      await free.close();
    });

    it.each(['worker', 'addons'])(
      'refuses the permission %s, because the hash does not cover its files',
      async (permission) => {
        const source = `export const manifest = ${manifest([permission])}; export const Factory = () => ({ get() {}, set() {} });`;
        await expect(openCache(pluginFile(source), { isolation, integrity: hash(source) })).rejects.toMatchObject({
          code: 'PLUGIN_NOT_ONE_FILE',
          message: expect.stringContaining(`found the permission "${permission}" in its manifest`),
        });
      },
    );
  });

  it.each((['mjs', 'cjs'] as const).flatMap((extension) => ['require', 'plugin'].map((how) => ({ extension, how }))))(
    'runs the bytes of its hash after an older file was loaded by $how: .$extension',
    async ({ extension, how }) => {
      const path = pluginFile(answering('old', extension), extension);
      if (how === 'require') require(path);
      if (how === 'plugin') {
        const importing = `import '${path}'; ${answering('importing')}`;
        await (await openCache(pluginFile(importing))).close();
      }
      const source = answering('new', extension);
      writeFileSync(path, source);
      const plugin = await openCache(path, { integrity: hash(source) });
      await expect(plugin.proxy.get('key')).resolves.toEqual({ answer: 'new' });
      expect(plugin.status().hash).toBe(hash(source));
      await plugin.close();
    },
  );

  it('is refused when another module hook returns other code for its file', async () => {
    const source = answering('right');
    const path = pluginFile(source);
    // The hooks of the host are registered first, so this one runs before them.
    await (await openCache(pluginFile(answering('first')))).close();
    const other = registerHooks({
      load: (url, context, nextLoad) =>
        url.startsWith(pathToFileURL(path).href)
          ? { format: 'module', source: answering('other'), shortCircuit: true }
          : nextLoad(url, context),
    });
    try {
      await expect(openCache(path, { integrity: hash(source) })).rejects.toMatchObject({
        code: 'PLUGIN_NOT_LOADABLE',
        message: expect.stringContaining('found a module that another module hook loaded'),
      });
    } finally {
      other.deregister();
    }
  });

  it('shows a path that a swap accepts, when the folder is a link', async () => {
    const root = mkdtempSync(join(folder, 'program-'));
    cpSync(MEMORY_PLUGIN, join(root, 'releases', '1', 'memory.mjs'));
    symlinkSync(join('releases', '1'), join(root, 'current'));
    await using program = await startProgram({
      env: { ADMIN_TOKEN: TOKEN, CACHE_PLUGIN_PATH: join(root, 'current', 'memory.mjs') },
    });
    const shown = ((await pluginStatus(program)).body as { plugin: { path: string } }).plugin.path;
    const paths = [shown, join(root, 'current', 'memory.mjs'), join(root, 'releases', '1', 'memory.mjs')];
    for (const path of paths) {
      const { status, body } = await swap(program, { path });
      expect({ status, body }).toMatchObject({ status: 200, body: { plugin: { path } } });
    }
    const { body } = await swap(program, { path: shown, integrity: ' ' });
    expect(body).toMatchObject({
      code: 'PLUGIN_INTEGRITY_INVALID',
      detail: expect.stringContaining('integrity of the swap'),
    });
  });
});
