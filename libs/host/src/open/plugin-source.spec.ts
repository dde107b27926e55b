// The bytes that were hashed are the bytes that run, in every isolation.
import { createHash } from 'node:crypto';
import { readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { folder, openCache, pluginFile } from '../../../../test/support/built-host.js';
import { locatePlugin } from './plugin-location.js';
import { fillOptions, ISOLATIONS } from '../plugin-options.js';
import { readPlugin } from './plugin-source.js';

const source = (answer: string) =>
  `export const manifest = { kind: 'cache', contract: 1, name: 'pinned', version: '1' };
   export const Factory = () => ({ get: () => ({ answer: '${answer}' }), set() {} });`;
const hash = (text: string | Buffer, algorithm = 'sha256') =>
  `${algorithm}-${createHash(algorithm).update(text).digest('base64')}`;

const RIGHT = source('right');
const [sha256, sha384, sha512] = ['sha256', 'sha384', 'sha512'].map((algorithm) => hash(RIGHT, algorithm));
const wrong = hash('another file');

describe.each(ISOLATIONS)('a pinned plugin, %s', (isolation) => {
  it.each([
    { what: 'its SHA-256', integrity: `${sha256}` },
    { what: 'its SHA-384', integrity: `${sha384}` },
    { what: 'its SHA-512', integrity: `${sha512}` },
    { what: 'one of several', integrity: ` ${wrong}  ${sha256} ` },
    { what: 'the strongest of several, whatever the others are', integrity: `${wrong} ${sha512}` },
  ])('runs with $what', async ({ integrity }) => {
    const plugin = await openCache(pluginFile(RIGHT), { isolation, integrity });
    await expect(plugin.proxy.get('key')).resolves.toEqual({ answer: 'right' });
    expect(plugin.status().hash).toBe(sha256);
    await plugin.close();
  });

  it.each([
    { what: 'another hash', integrity: wrong },
    { what: 'another hash of a stronger algorithm', integrity: `${sha256} ${hash('another file', 'sha512')}` },
  ])('is refused with $what, and both hashes are reported', async ({ integrity }) => {
    await expect(openCache(pluginFile(RIGHT), { isolation, integrity })).rejects.toMatchObject({
      code: 'PLUGIN_INTEGRITY_MISMATCH',
      message: expect.stringMatching(
        /found a file with the hash sha\d+-\S+, wanted sha\d+-\S+; .*CACHE_PLUGIN_INTEGRITY/,
      ),
    });
  });

  it('is refused with one byte flipped', async () => {
    const path = pluginFile(RIGHT);
    const bytes = readFileSync(path);
    bytes[bytes.length - 5] = (bytes[bytes.length - 5] ?? 0) ^ 1;
    writeFileSync(path, bytes);
    await expect(openCache(path, { isolation, integrity: hash(RIGHT) })).rejects.toHaveProperty(
      'code',
      'PLUGIN_INTEGRITY_MISMATCH',
    );
  });

  it.each([
    '   ',
    '\t\n',
    '\u00a0',
    'md5-AAAA',
    'sha256',
    'sha256-AAAA',
    'sha256-not base64',
    `${sha256}?x`,
    `SHA256-${sha256?.slice(7)}`,
  ])('is refused with an invalid hash: %s', async (integrity) => {
    await expect(openCache(pluginFile(RIGHT), { isolation, integrity })).rejects.toHaveProperty(
      'code',
      'PLUGIN_INTEGRITY_INVALID',
    );
  });

  it.each([
    { how: 'an import', extension: 'mjs', code: `import './other.mjs';` },
    { how: 'an import of a package', extension: 'mjs', code: `import 'zod';` },
    { how: 'an import of a data: URL', extension: 'mjs', code: `import 'data:text/javascript,1';` },
    { how: 'a dynamic import', extension: 'mjs', code: `await import('./other.mjs');` },
    {
      how: 'a require',
      extension: 'mjs',
      code: `import { createRequire } from 'node:module'; createRequire(import.meta.url)('./other.cjs');`,
    },
    // The file exists: Node 22 and 24 resolve it before they call the hook.
    { how: 'a require in CommonJS', extension: 'cjs', code: `require('${pluginFile('', 'cjs')}');` },
  ])('is refused when it loads another file by $how', async ({ extension, code }) => {
    const text = extension === 'cjs' ? `${code} exports.Factory = () => ({ get() {}, set() {} });` : code + RIGHT;
    await expect(openCache(pluginFile(text, extension), { isolation, integrity: hash(text) })).rejects.toMatchObject({
      message: expect.stringMatching(/wanted one (self-contained )?file /),
    });
  });

  it('is refused when it imports other files, even after it ran without a hash', async () => {
    const text = `import '${pluginFile('export {};')}'; ${RIGHT}`;
    const path = pluginFile(text);
    const permitted = isolation === 'inline' ? await openCache(path) : undefined;
    await permitted?.close();
    await expect(openCache(path, { isolation, integrity: hash(text) })).rejects.toHaveProperty(
      'code',
      'PLUGIN_NOT_ONE_FILE',
    );
  });

  it('may import modules of Node', async () => {
    const text = `import 'node:fs'; import 'os'; ${RIGHT}`;
    const plugin = await openCache(pluginFile(text), { isolation, integrity: hash(text) });
    expect(plugin.status().state).toBe('live');
    await plugin.close();
  });
});

// Imported by Node, not by vitest.
const { importPlugin } = createRequire(import.meta.url)(
  '../../dist/open/plugin-module.js',
) as typeof import('./plugin-module.js');

describe('readPlugin', () => {
  it('reads the file once: later changes do not run', async () => {
    const path = pluginFile(RIGHT);
    const { settingNames, ...options } = fillOptions({ path });
    const read = await readPlugin(await locatePlugin({ settingNames, ...options }), hash(RIGHT), settingNames);
    writeFileSync(path, source('changed between check and use'));
    const factory = (await importPlugin(read)).get('Factory') as () => { get: () => unknown };
    expect(factory().get()).toEqual({ answer: 'right' });
  });

  it.each(['mjs', 'cjs'])(
    'creates a separate module for each concurrent import of one file: .%s',
    async (extension) => {
      const path = pluginFile('', extension);
      const answers = ['a', 'b', 'c'];
      const sources = [];
      for (const answer of answers) {
        writeFileSync(
          path,
          extension === 'cjs' ? `exports.answer = '${answer}';` : `export const answer = '${answer}';`,
        );
        const { settingNames, ...options } = fillOptions({ path });
        sources.push(await readPlugin(await locatePlugin({ settingNames, ...options }), '', settingNames));
      }
      const modules = await Promise.all(sources.map(async (read) => await importPlugin(read)));
      expect(modules.map((module) => module.get('answer'))).toEqual(answers);
    },
  );

  it('reads the file once, even if a link leads to another file later', async () => {
    const path = join(folder, 'changing-link.mjs');
    symlinkSync(pluginFile(RIGHT), path);
    const { settingNames, ...options } = fillOptions({ path });
    const read = await readPlugin(await locatePlugin({ settingNames, ...options }), hash(RIGHT), settingNames);
    const file = fileURLToPath(read.url);
    for (const changed of [path, file]) {
      rmSync(changed);
      symlinkSync(pluginFile(source('another file')), changed);
    }
    const factory = (await importPlugin(read)).get('Factory') as () => { get: () => unknown };
    expect(factory().get()).toEqual({ answer: 'right' });
  });

  it.each([
    { extension: 'mjs', text: 'export {}', format: 'module' },
    { extension: 'cjs', text: 'exports.a = 1', format: 'commonjs' },
    { extension: 'js', text: 'export const a = 1', format: 'module' },
    { extension: 'js', text: 'exports.a = 1', format: 'commonjs' },
  ])('treats .$extension with $text as $format', async ({ extension, text, format }) => {
    const { settingNames, ...options } = fillOptions({ path: pluginFile(text, extension) });
    const read = await readPlugin(await locatePlugin({ settingNames, ...options }), '', settingNames);
    expect(read.format).toBe(format);
  });
});
