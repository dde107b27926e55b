// Step 1, locate: from what the operator wrote to a file that is there.
import { constants } from 'node:fs';
import { access, realpath, stat } from 'node:fs/promises';
import { relative, resolve, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { PluginError, reasonOf } from './plugin.error.js';
import type { FilledPluginOptions, SettingNames } from './plugin-options.js';
import { workingDirectory } from './working-directory.js';

const WANTED = 'a JavaScript module';

export interface PluginLocation {
  /** Absolute. */
  readonly path: string;
  /** The same as a `file:` URL. */
  readonly url: string;
}

/** Where a plugin may come from a folder only, symbolic links are resolved before anything else is looked at. */
export async function locatePlugin({
  path: written,
  directory,
  settingNames,
}: Pick<FilledPluginOptions, 'path' | 'directory' | 'settingNames'>): Promise<PluginLocation> {
  const named = toPath(written, settingNames);
  const path = directory === '' ? named : await within(resolve(workingDirectory(), directory), named, settingNames);
  const wrong = (
    code: 'PLUGIN_NOT_FOUND' | 'PLUGIN_NOT_A_FILE' | 'PLUGIN_NOT_READABLE',
    found: string,
    cause?: unknown,
  ) => new PluginError(code, { path, found, wanted: WANTED, fix: `correct ${settingNames.path}`, cause });

  try {
    const found = await stat(path);
    if (found.isDirectory()) throw wrong('PLUGIN_NOT_A_FILE', 'a folder');
    if (!found.isFile()) throw wrong('PLUGIN_NOT_A_FILE', 'something that is not a file');
    await access(path, constants.R_OK);
  } catch (error) {
    if (error instanceof PluginError) throw error;
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') throw wrong('PLUGIN_NOT_FOUND', 'no such file', error);
    throw wrong('PLUGIN_NOT_READABLE', `a file that cannot be read (${reasonOf(error)})`, error);
  }
  return { path, url: pathToFileURL(path).href };
}

async function within(directory: string, path: string, settingNames: SettingNames): Promise<string> {
  const outside = (found: string) =>
    new PluginError('PLUGIN_OUTSIDE_DIRECTORY', {
      path,
      found,
      wanted: `a file in ${directory}`,
      fix: `move it there, or correct ${settingNames.directory}`,
    });

  // Whether a file outside is there at all is nobody's business.
  if (!isWithin(path, directory)) throw outside('a file elsewhere');
  try {
    const [file, folder] = await Promise.all([realpath(path), realpath(directory)]);
    if (!isWithin(file, folder)) throw outside('a symbolic link that leads elsewhere');
    return file;
  } catch (error) {
    if (error instanceof PluginError) throw error;
    // locatePlugin says why it cannot be read.
    return path;
  }
}

function isWithin(file: string, folder: string): boolean {
  const way = relative(folder, file);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && resolve(folder, way) === file;
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

  if (written === '') throw invalid('nothing');
  if (/^file:/i.test(written)) {
    let path: string;
    try {
      path = fileURLToPath(written);
    } catch (error) {
      throw invalid(`a file: URL that names no path (${reasonOf(error)})`, error);
    }
    if (path.includes('\0')) throw invalid('a NUL character');
    return path;
  }
  if (written.includes('\0')) throw invalid('a NUL character');
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(written)?.[1];
  if (scheme !== undefined) throw invalid(`a ${scheme}: URL`);
  return resolve(workingDirectory(), written);
}
