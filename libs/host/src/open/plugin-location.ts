// Step 1, locate: from the configured path to an existing file.
import { constants } from 'node:fs';
import { access, readlink, realpath, stat } from 'node:fs/promises';
import { join, parse, relative, resolve, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { codeOf } from '../foreign-error.js';
import { PluginError, reasonOf } from '../plugin.error.js';
import type { FilledPluginOptions, SettingNames } from '../plugin-options.js';
import { workingDirectory } from './working-directory.js';

const WANTED = 'a JavaScript module';
/** Most symbolic links that are followed for one path, as in Linux. */
const MAX_LINKS = 40;

export interface PluginLocation {
  /** Absolute path as configured. It may contain symbolic links. */
  readonly path: string;
  /** The `file:` URL of the real path, without symbolic links: Node's key of the module. */
  readonly url: string;
}

/** With `directory` set, the file must be in that folder. Real paths are compared, so both may contain symbolic links. */
export async function locatePlugin({
  path: written,
  directory,
  settingNames,
}: Pick<FilledPluginOptions, 'path' | 'directory' | 'settingNames'>): Promise<PluginLocation> {
  const path = toPath(written, settingNames);
  const file = await realPathOf(path);
  if (directory !== '') await refuseOutside(resolve(workingDirectory(), directory), path, file, settingNames);
  const wrong = (
    code: 'PLUGIN_NOT_FOUND' | 'PLUGIN_NOT_A_FILE' | 'PLUGIN_NOT_READABLE',
    found: string,
    cause?: unknown,
  ) => new PluginError(code, { path, found, wanted: WANTED, fix: `correct ${settingNames.path}`, cause });

  try {
    const found = await stat(file);
    if (found.isDirectory()) throw wrong('PLUGIN_NOT_A_FILE', 'a folder');
    if (!found.isFile()) throw wrong('PLUGIN_NOT_A_FILE', 'something that is not a file');
    await access(file, constants.R_OK);
  } catch (error) {
    if (error instanceof PluginError) throw error;
    const code = codeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') throw wrong('PLUGIN_NOT_FOUND', 'no such file', error);
    throw wrong('PLUGIN_NOT_READABLE', `a file that cannot be read (${reasonOf(error)})`, error);
  }
  return { path, url: pathToFileURL(file).href };
}

/** The error is the same whether a file outside exists or not. */
async function refuseOutside(directory: string, path: string, file: string, settingNames: SettingNames): Promise<void> {
  if (isWithin(file, await realPathOf(directory))) return;
  throw new PluginError('PLUGIN_OUTSIDE_DIRECTORY', {
    path,
    found: isWithin(path, directory)
      ? 'a symbolic link to a file outside the allowed folder'
      : 'a file outside the allowed folder',
    wanted: `a file in ${directory}`,
    fix: `move the file there, or correct ${settingNames.directory}`,
  });
}

/** The absolute path without symbolic links. If the path does not exist, links in its existing part are resolved. */
async function realPathOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    return await realPathOfMissing(path);
  }
}

async function realPathOfMissing(path: string): Promise<string> {
  const { root } = parse(path);
  let real = root;
  const names = path.slice(root.length).split(sep);
  for (let links = 0; names.length > 0;) {
    const at = join(real, names.shift() ?? '');
    const target = await targetOf(at);
    if (target === 'missing' || links === MAX_LINKS) return join(at, ...names);
    if (target === 'not a link') {
      real = at;
      continue;
    }
    const absolute = resolve(real, target.link);
    real = parse(absolute).root;
    names.unshift(...absolute.slice(real.length).split(sep));
    links++;
  }
  return real;
}

async function targetOf(path: string): Promise<'missing' | 'not a link' | { readonly link: string }> {
  try {
    return { link: await readlink(path) };
  } catch (error) {
    return codeOf(error) === 'EINVAL' ? 'not a link' : 'missing';
  }
}

function isWithin(file: string, folder: string): boolean {
  const relativePath = relative(folder, file);
  return (
    relativePath !== '' &&
    relativePath !== '..' &&
    !relativePath.startsWith(`..${sep}`) &&
    resolve(folder, relativePath) === file
  );
}

function toPath(written: string, settingNames: SettingNames): string {
  const invalid = (found: string, cause?: unknown) =>
    new PluginError('PLUGIN_PATH_INVALID', {
      path: JSON.stringify(written),
      found,
      wanted: 'a path or a file: URL',
      fix: `correct ${settingNames.path}`,
      cause,
    });

  if (written === '') throw invalid('an empty path');
  if (/^file:/i.test(written)) {
    let path: string;
    try {
      path = fileURLToPath(written);
    } catch (error) {
      throw invalid(`a file: URL without a valid path (${reasonOf(error)})`, error);
    }
    if (path.includes('\0')) throw invalid('a NUL character');
    return path;
  }
  if (written.includes('\0')) throw invalid('a NUL character');
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(written)?.[1];
  if (scheme !== undefined) throw invalid(`a ${scheme}: URL`);
  return resolve(workingDirectory(), written);
}
