// From what an operator writes to a file that is there, or to one sentence about why not.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { locatePlugin } from './plugin-location.js';
import { fillOptions } from './plugin-options.js';

const folder = mkdtempSync(join(tmpdir(), 'plugin-location-'));
afterAll(() => rmSync(folder, { recursive: true }));

const file = join(folder, 'a plugin #1 100%.mjs');
writeFileSync(file, '');
mkdirSync(join(folder, 'folder.mjs'));
symlinkSync('loop.mjs', join(folder, 'loop.mjs'));

const { settingNames } = fillOptions({ path: '', settingNames: { path: 'CACHE_PLUGIN_PATH' } });
const locate = (written: string, directory = '') => locatePlugin({ path: written, directory, settingNames });

describe('locatePlugin', () => {
  it('takes an absolute path, whatever characters it has', async () => {
    await expect(locate(file)).resolves.toEqual({ path: file, url: pathToFileURL(file).href });
  });

  it('takes a relative path from the working directory', async () => {
    await expect(locate(relative(process.cwd(), file))).resolves.toMatchObject({ path: file });
  });

  it('takes a file: URL in any case', async () => {
    await expect(locate(pathToFileURL(file).href.replace('file:', 'FILE:'))).resolves.toMatchObject({ path: file });
  });

  it('takes a file: URL', async () => {
    await expect(locate(pathToFileURL(file).href)).resolves.toEqual({ path: file, url: pathToFileURL(file).href });
  });

  it.each([
    { written: '', found: 'nothing' },
    { written: 'a\0b.mjs', found: 'a NUL character' },
    { written: 'file:///a%00b.mjs', found: 'a NUL character' },
    { written: 'https://example.org/plugin.mjs', found: 'a https: URL' },
    { written: 'S3://bucket/plugin.mjs', found: 'a S3: URL' },
    {
      written: 'file:///a%2Fb.mjs',
      found: 'a file: URL that names no path (File URL path must not include encoded / characters)',
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
  ])('refuses with $code where there is $found', async ({ code, path, found }) => {
    await expect(locate(path)).rejects.toMatchObject({
      code,
      message: `plugin ${path}: found ${found}, wanted a JavaScript module; correct CACHE_PLUGIN_PATH`,
    });
  });

  it('keeps the error of the file system as the cause', async () => {
    await expect(locate(join(folder, 'missing.mjs'))).rejects.toHaveProperty('cause.code', 'ENOENT');
  });
});
