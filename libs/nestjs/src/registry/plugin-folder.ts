// A folder of plugins on the disk: which of its files may be plugins, and their hashes.
import type { Dirent } from 'node:fs';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { extname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { types } from 'node:util';
import { fillOptions, hashOf, isPluginError, PluginError, untilAborted } from '@pluggable/host';
import type { PluginDefaults, PluginFolderOptions } from './plugin-ref-options.js';

export type FolderOptions = PluginFolderOptions & Pick<PluginDefaults, 'within'>;

const EXTENSIONS: readonly string[] = ['.mjs', '.js', '.cjs'];

export class PluginFolder {
  /** Absolute. */
  readonly path: string;

  /** The time limit of a look at the folder, in milliseconds: that of a start. */
  private readonly timeoutMs: number;

  /** @throws PluginError PLUGIN_PATH_INVALID, PLUGIN_OPTION_INVALID */
  constructor(private readonly options: FolderOptions) {
    refuseEmpty(options);
    this.path = resolve(options.directory);
    const { within: _, ...plugin } = options;
    this.timeoutMs = fillOptions({ ...plugin, path: this.path }).startTimeoutMs;
  }

  /**
   * @param life aborted when the answer is no longer wanted
   * @returns the names of the files that may be plugins, in order
   * @throws PluginError PLUGIN_NOT_FOUND, PLUGIN_NOT_READABLE, PLUGIN_OUTSIDE_DIRECTORY, or the reason of `life`
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

  /** Undefined when the file cannot be read in time, or is none and may never end, as a pipe: opening it says why. */
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
        found: 'a folder elsewhere',
        wanted: `a folder in ${within}`,
        fix: 'move it there, or correct the option within',
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

/** Of a setting that is empty, or not there: it would be the working directory. */
function refuseEmpty({ directory, settingNames }: Partial<PluginFolderOptions>): void {
  if (directory !== undefined && directory !== '') return;
  throw new PluginError('PLUGIN_PATH_INVALID', {
    path: '',
    found: 'no folder',
    wanted: 'a folder of plugins',
    fix: `set ${settingNames?.directory ?? 'the option directory'}`,
  });
}

function isWithin(folder: string, outer: string): boolean {
  const way = relative(outer, folder);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
