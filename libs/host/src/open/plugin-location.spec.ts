// From a configured path to an existing file, or to an error.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { locatePlugin } from './plugin-location.js';
import { fillOptions } from '../plugin-options.js';

const folder = mkdtempSync(join(tmpdir(), 'plugin-location-'));
afterAll(() => rmSync(folder, { recursive: true }));

const file = join(folder, 'a plugin #1 100%.mjs');
writeFileSync(file, '');
mkdirSync(join(folder, 'folder.mjs'));
symlinkSync('loop.mjs', join(folder, 'loop.mjs'));

const { settingNames } = fillOptions({ path: '', settingNames: { path: 'CACHE_PLUGIN_PATH' } });
const locate = (written: string, directory = '') => locatePlugin({ path: written, directory, settingNames });

/** A folder with a file, another folder beside it, and links to both. */
const inside = join(folder, 'inside');
mkdirSync(join(inside, 'sub'), { recursive: true });
writeFileSync(join(inside, 'sub', 'p.mjs'), '');
mkdirSync(join(folder, 'outside'));
writeFileSync(join(folder, 'outside', 'there.mjs'), '');
symlinkSync('inside', join(folder, 'alias'));
symlinkSync('alias', join(folder, 'alias of alias'));
symlinkSync(join('sub', 'p.mjs'), join(inside, 'link.mjs'));
symlinkSync('sub', join(inside, 'current'));
symlinkSync(join('..', 'outside'), join(inside, 'out'));
symlinkSync(join('..', 'outside', 'there.mjs'), join(inside, 'to-there.mjs'));
symlinkSync(join('..', 'outside', 'missing.mjs'), join(inside, 'to-missing.mjs'));

/** The error for a path outside the folder, without the path. */
const said = async (path: string): Promise<string> => {
  const error = (await locate(path, inside).catch((reason: unknown) => reason)) as Error & { code?: string };
  return `${error.code} ${error.message.replace(path, '<path>')}`;
};

describe('locatePlugin', () => {
  it('accepts an absolute path with any characters', async () => {
    await expect(locate(file)).resolves.toEqual({ path: file, url: pathToFileURL(file).href });
  });

  it('resolves a relative path from the working directory', async () => {
    await expect(locate(relative(process.cwd(), file))).resolves.toMatchObject({ path: file });
  });

  it('accepts the scheme file: in any case', async () => {
    await expect(locate(pathToFileURL(file).href.replace('file:', 'FILE:'))).resolves.toMatchObject({ path: file });
  });

  it('accepts a file: URL', async () => {
    await expect(locate(pathToFileURL(file).href)).resolves.toEqual({ path: file, url: pathToFileURL(file).href });
  });

  it.each([
    { written: '', found: 'an empty path' },
    { written: 'a\0b.mjs', found: 'a NUL character' },
    { written: 'file:///a%00b.mjs', found: 'a NUL character' },
    { written: 'https://example.org/plugin.mjs', found: 'a https: URL' },
    { written: 'S3://bucket/plugin.mjs', found: 'a S3: URL' },
    {
      written: 'file:///a%2Fb.mjs',
      found: 'a file: URL without a valid path (File URL path must not include encoded / characters)',
    },
  ])('refuses $written: found $found', async ({ written, found }) => {
    await expect(locate(written)).rejects.toMatchObject({
      code: 'PLUGIN_PATH_INVALID',
      message: `plugin ${JSON.stringify(written)}: found ${found}, wanted a path or a file: URL; correct CACHE_PLUGIN_PATH`,
    });
  });

  it.each([
    { code: 'PLUGIN_NOT_FOUND', path: join(folder, 'missing.mjs'), found: 'no such file' },
    { code: 'PLUGIN_NOT_FOUND', path: join(file, 'below-a-file.mjs'), found: 'no such file' },
    { code: 'PLUGIN_NOT_A_FILE', path: join(folder, 'folder.mjs'), found: 'a folder' },
    { code: 'PLUGIN_NOT_A_FILE', path: '/dev/null', found: 'something that is not a file' },
    {
      code: 'PLUGIN_NOT_READABLE',
      path: join(folder, 'loop.mjs'),
      found: `a file that cannot be read (ELOOP: too many symbolic links encountered, stat '${join(folder, 'loop.mjs')}')`,
    },
  ])('refuses with $code: $found', async ({ code, path, found }) => {
    await expect(locate(path)).rejects.toMatchObject({
      code,
      message: `plugin ${path}: found ${found}, wanted a JavaScript module; correct CACHE_PLUGIN_PATH`,
    });
  });

  it('keeps the error of the file system as the cause', async () => {
    await expect(locate(join(folder, 'missing.mjs'))).rejects.toHaveProperty('cause.code', 'ENOENT');
  });

  it.each(['link.mjs', join('current', 'p.mjs')])(
    'keeps the configured path, and returns the URL of the real file: %s',
    async (name) => {
      const path = join(inside, name);
      await expect(locate(path)).resolves.toEqual({ path, url: pathToFileURL(join(inside, 'sub', 'p.mjs')).href });
    },
  );

  const names = ['inside', 'alias', 'alias of alias'].map((name) => join(folder, name));
  it.each(names.flatMap((directory) => names.map((name) => ({ directory, path: join(name, 'current', 'p.mjs') }))))(
    'finds $path in the folder $directory',
    async ({ directory, path }) => {
      await expect(locate(path, directory)).resolves.toMatchObject({ path });
      await expect(locate(join(path, '..', 'no.mjs'), directory)).rejects.toHaveProperty('code', 'PLUGIN_NOT_FOUND');
    },
  );

  it.each([
    { there: join(folder, 'outside', 'there.mjs'), missing: join(folder, 'outside', 'missing.mjs') },
    { there: join(inside, 'out', 'there.mjs'), missing: join(inside, 'out', 'missing.mjs') },
    { there: join(inside, 'to-there.mjs'), missing: join(inside, 'to-missing.mjs') },
    { there: join(folder, 'alias', 'out', 'there.mjs'), missing: join(folder, 'alias', 'out', 'missing.mjs') },
    { there: join(inside, '..', 'outside', 'there.mjs'), missing: join(inside, '..', 'outside', 'no', 'such.mjs') },
  ])('reports the same error for an existing and a missing file outside: $there', async ({ there, missing }) => {
    const sentence = await said(there);
    expect(sentence).toMatch(
      /^PLUGIN_OUTSIDE_DIRECTORY .* (a file|a symbolic link to a file) outside the allowed folder/,
    );
    await expect(said(missing)).resolves.toBe(sentence);
  });
});
