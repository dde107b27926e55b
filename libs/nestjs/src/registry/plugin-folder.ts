// A plugin folder on the disk: its plugin files and their hashes.
import type { Dirent } from 'node:fs';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { extname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { types } from 'node:util';
import { fillOptions, hashOf, isPluginError, PluginError, untilAborted } from '@pluggable/host';
import type { PluginDefaults, PluginFolderOptions } from './plugin-ref-options.js';

export type FolderOptions = PluginFolderOptions & Pick<PluginDefaults, 'within'>;

const EXTENSIONS: readonly string[] = ['.mjs', '.js', '.cjs'];

export class PluginFolder {
  /** Absolute path. */
  readonly path: string;

  /** Time limit of each access to the folder, in milliseconds. Equals the start limit of a plugin. */
  private readonly timeoutMs: number;

  /** @throws PluginError PLUGIN_PATH_INVALID, PLUGIN_OPTION_INVALID */
  constructor(private readonly options: FolderOptions) {
    refuseEmpty(options);
    this.path = resolve(options.directory);
    const { within: _, ...plugin } = options;
    this.timeoutMs = fillOptions({ ...plugin, path: this.path }).startTimeoutMs;
  }

  /**
   * @param life aborted when the result is no longer needed
   * @returns the sorted names of the plugin files
   * @throws PluginError PLUGIN_NOT_FOUND, PLUGIN_NOT_READABLE, PLUGIN_OUTSIDE_DIRECTORY
   * @throws the reason of `life`, when it is aborted
   */
  async list(life: AbortSignal): Promise<string[]> {
    life.throwIfAborted();
    const limit = this.limit();
    try {
      const found = await untilAborted(this.read(), AbortSignal.any([life, limit]));
      return found
        .filter((entry) => (entry.isFile() || entry.isSymbolicLink()) && EXTENSIONS.includes(extname(entry.name)))
        .map(({ name }) => name)
        .filter((name) => !name.startsWith('.'))
        .toSorted();
    } catch (cause) {
      life.throwIfAborted();
      throw isPluginError(cause) ? cause : this.notListed(limit.aborted ? 'no answer in time' : reasonOf(cause), cause);
    }
  }

  /** Undefined if it is not a file, such as a pipe, or cannot be read in time. Opening the plugin then reports the reason. */
  async hashOf(file: string, life: AbortSignal): Promise<string | undefined> {
    const path = join(this.path, file);
    const reading = stat(path).then(async (found) => (found.isFile() ? hashOf(await readFile(path)) : undefined));
    return await untilAborted(reading, AbortSignal.any([life, this.limit()])).catch(() => undefined);
  }

  private limit(): AbortSignal {
    return AbortSignal.timeout(this.timeoutMs);
  }

  private async read(): Promise<Dirent[]> {
    const { within = '' } = this.options;
    if (within !== '' && !isWithin(await realpath(this.path), await realpath(within).catch(() => resolve(within)))) {
      throw new PluginError('PLUGIN_OUTSIDE_DIRECTORY', {
        path: this.path,
        found: 'a folder outside the allowed folder',
        wanted: `a folder in ${within}`,
        fix: 'move the folder there, or correct the option within',
      });
    }
    return await readdir(this.path, { withFileTypes: true });
  }

  private notListed(reason: string, cause: unknown): PluginError {
    const code = types.isNativeError(cause) && 'code' in cause ? cause.code : undefined;
    const isMissing = code === 'ENOENT' || code === 'ENOTDIR';
    return new PluginError(isMissing ? 'PLUGIN_NOT_FOUND' : 'PLUGIN_NOT_READABLE', {
      path: this.path,
      found: isMissing ? 'no such folder' : `a folder that cannot be listed (${reason})`,
      wanted: 'a folder of plugins',
      fix: `create it, or correct ${this.options.settingNames?.directory ?? 'the option directory'}`,
      cause,
    });
  }
}

/** An empty path would mean the working directory. */
function refuseEmpty({ directory, settingNames }: Partial<PluginFolderOptions>): void {
  if (directory !== undefined && directory !== '') return;
  throw new PluginError('PLUGIN_PATH_INVALID', {
    path: '',
    found: 'an empty folder path',
    wanted: 'a folder of plugins',
    fix: `set ${settingNames?.directory ?? 'the option directory'}`,
  });
}

function isWithin(folder: string, outer: string): boolean {
  const relativePath = relative(outer, folder);
  return relativePath !== '..' && !relativePath.startsWith(`..${sep}`) && !isAbsolute(relativePath);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
