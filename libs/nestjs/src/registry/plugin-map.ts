// The plugins of a folder, by name. refresh() compares them with the files.
import { join } from 'node:path';
import type { Contract, PluginLogger } from '@pluggable/contract';
import { guardedLogger, isPluginError, PluginError } from '@pluggable/host';
import { nestPluginLogger } from './nest-plugin-logger.js';
import { FolderEntries, type FolderEntry, type FolderRegistry, REMOVE_ONE } from './folder-entries.js';
import { FolderOpener } from './folder-opener.js';
import { nameTaken } from './plugin-names.js';
import { type FolderOptions, PluginFolder } from './plugin-folder.js';

/** Result of {@link PluginMap.refresh}. */
export interface FolderChanges {
  /** Names of new plugins. */
  readonly added: readonly string[];
  /** Names of plugins that were replaced because their file changed. */
  readonly changed: readonly string[];
  /** Names of plugins that left the map. */
  readonly removed: readonly string[];
  /** Names of all files that cannot be opened at present. */
  readonly failed: readonly string[];
}

/** The methods of the registry that a map uses. */
interface MapRegistry extends FolderRegistry {
  /** @throws PluginError PLUGIN_NAME_TAKEN */
  addFolder(map: PluginMap<object>): void;
  removeFolder(map: PluginMap<object>): void;
}

/**
 * The plugins of a folder, sorted by the names in their manifests; without a manifest, the name is the file name without its
 * extension. `PluginModule.forDirectory` provides it; inject it with {@link InjectPlugins}.
 *
 * - A file that cannot be opened is in {@link failed}; the other plugins serve.
 * - A file with a plugin of another kind is ignored.
 * - If two files have the same plugin name, the plugin that already serves stays, at first that of the smaller file name. The other
 *   file is in {@link failed}.
 * - The folder is not watched: call {@link refresh} after a change.
 */
export class PluginMap<T extends object> implements ReadonlyMap<string, T> {
  /** Absolute path of the folder. */
  readonly directory: string;
  private readonly folder: PluginFolder;
  private readonly log: PluginLogger;
  private readonly live: FolderEntries<T>;
  private failures: ReadonlyMap<string, PluginError> = new Map();
  private turn: Promise<unknown> = Promise.resolve();
  private readonly opener: FolderOpener<T>;
  private readonly life = new AbortController();

  private constructor(
    /** Name in the registry: `kind/name`, or only `kind` for a folder without a name. */
    readonly name: string,
    private readonly contract: Contract<T>,
    options: FolderOptions,
    private readonly registry: MapRegistry,
  ) {
    this.folder = new PluginFolder(options);
    this.directory = this.folder.path;
    this.live = new FolderEntries(this.directory, registry);
    this.opener = new FolderOpener(name, contract, options, this.directory);
    this.log = guardedLogger(options.logger ?? nestPluginLogger(`${name}/*`));
  }

  /** @internal @throws PluginError PLUGIN_PATH_INVALID, PLUGIN_NAME_TAKEN, and the errors of {@link refresh} */
  static async open<T extends object>(
    name: string,
    contract: Contract<T>,
    options: FolderOptions,
    registry: MapRegistry,
  ): Promise<PluginMap<T>> {
    const map = new PluginMap(name, contract, options, registry);
    registry.addFolder(map);
    try {
      await map.refresh();
    } catch (error) {
      await map.discard();
      throw error;
    }
    return map;
  }

  /** Errors of the files that cannot be opened, by file name. */
  get failed(): ReadonlyMap<string, PluginError> {
    return this.failures;
  }

  /**
   * Compares the map with the folder:
   *
   * - A new file, or one that failed before, is opened.
   * - A changed file replaces its plugin like a swap: the object in the map stays, and if the new plugin fails, the old one stays.
   * - The plugin of a deleted file leaves the map, answers its calls in flight, and is closed.
   *
   * Concurrent refreshes run one after the other.
   *
   * @throws PluginError PLUGIN_NOT_FOUND or PLUGIN_NOT_READABLE when the folder cannot be listed; PLUGIN_OUTSIDE_DIRECTORY when it
   * is not inside `within` of `forRoot`; PLUGIN_CLOSED when the application shuts down. Then nothing has changed
   */
  async refresh(): Promise<FolderChanges> {
    const update = this.turn.then(() => this.update());
    this.turn = update.catch(() => undefined);
    return await update;
  }

  /** Number of plugins. */
  get size(): number {
    return this.live.size;
  }

  /** Returns the plugin with this name in its manifest. */
  get(name: string): T | undefined {
    return this.live.get(name)?.plugin;
  }

  /** Whether there is a plugin with this name. */
  has(name: string): boolean {
    return this.live.has(name);
  }

  /** The names of the plugins, sorted. */
  keys(): MapIterator<string> {
    return this.plugins().keys();
  }

  /** The plugins, sorted by name. */
  values(): MapIterator<T> {
    return this.plugins().values();
  }

  /** The pairs of name and plugin, sorted by name. */
  entries(): MapIterator<[string, T]> {
    return this.plugins().entries();
  }

  /** The same as {@link entries}. */
  [Symbol.iterator](): MapIterator<[string, T]> {
    return this.entries();
  }

  /** Calls the function for each plugin, sorted by name. */
  forEach(callback: (plugin: T, name: string, map: ReadonlyMap<string, T>) => void, thisArg?: unknown): void {
    for (const [name, plugin] of this) callback.call(thisArg, plugin, name, this);
  }

  /** @internal Gives up a name in the registry to a plugin with a configured path. */
  releaseName(name: string): void {
    const entry = this.live.all.find(({ ref }) => ref.name === name);
    if (entry === undefined) return;
    this.turn = Promise.all([this.turn, this.live.remove(entry)]);
    const known = this.failures;
    const error = nameTaken(name, join(this.directory, entry.file), REMOVE_ONE);
    this.failures = sorted(new Map([...known, [entry.file, error]]));
    this.logChanges({ added: [], changed: [], removed: [entry.name] }, known);
  }

  /** @internal Ends a refresh in progress and refuses further ones. The plugins stay live. */
  seal(): void {
    this.life.abort(this.closed());
    this.opener.seal();
  }

  /** @internal Waits for the end of a refresh in progress. The registry closes the plugins. */
  async close(): Promise<void> {
    this.seal();
    await this.turn;
  }

  /** Closes everything after a failed `open`. */
  private async discard(): Promise<void> {
    await Promise.all(this.live.all.map((entry) => this.live.remove(entry)));
    this.registry.removeFolder(this);
  }

  private async update(): Promise<FolderChanges> {
    const files = await this.folder.list(this.life.signal);
    const gone = this.live.all.filter(({ file }) => !files.includes(file));
    const added: string[] = [];
    const changed: string[] = [];
    const failures = new Map<string, PluginError>();
    const unexpected: unknown[] = [];
    const fail = (file: string, error: unknown): void => {
      if (!isPluginError(error) || error.code === 'PLUGIN_OPTION_INVALID') unexpected.push(error);
      else if (this.isOfAnotherKind(file, error))
        this.log.debug(`not a ${this.contract.kind} plugin; ignored`, { file });
      else failures.set(file, error);
    };

    const opened: FolderEntry<T>[] = [];
    const outcomes = await Promise.allSettled(files.map((file) => this.updateFile(file)));
    for (const [index, outcome] of outcomes.entries()) {
      const file = String(files[index]);
      if (outcome.status === 'rejected') fail(file, outcome.reason);
      else if (outcome.value === 'changed') changed.push(String(this.live.ofFile(file)?.name));
      else if (outcome.value !== 'same') opened.push(outcome.value);
    }
    // Synchronous from here until the map is complete, so that a name that moves to another file always has a plugin.
    const ends = gone.map((entry) => this.live.remove(entry));
    const { free, taken } = this.live.split(opened);
    const renamed = free.flatMap(({ file }) => this.live.ofFile(file) ?? []);
    ends.push(...renamed.map((entry) => this.live.remove(entry)));
    const removed = [...gone, ...renamed].map(({ name }) => name);
    for (const entry of [...free, ...taken]) {
      try {
        this.publish(entry, ends);
        added.push(entry.name);
      } catch (error) {
        fail(entry.file, error);
      }
    }
    const known = this.failures;
    // A start that the shutdown ended is not a failure of the file.
    if (!this.life.signal.aborted) this.failures = sorted(failures);
    await Promise.all(ends);
    this.life.signal.throwIfAborted();
    if (unexpected.length > 0) throw unexpected[0];
    const names = { added: added.toSorted(), changed, removed: removed.toSorted() };
    this.logChanges(names, known);
    return { ...names, failed: [...this.failures.keys()] };
  }

  private async updateFile(file: string): Promise<FileOutcome<T>> {
    const entry = this.live.ofFile(file);
    if (entry === undefined) return await this.opener.open(file);
    if (entry.ref.status().plugin?.hash === (await this.folder.hashOf(file, this.life.signal))) return 'same';
    return await this.opener.reopen(entry);
  }

  /** @param ends receives the close of a plugin that cannot serve. @throws PluginError PLUGIN_NAME_TAKEN, PLUGIN_CLOSED */
  private publish(entry: FolderEntry<T>, ends: Promise<void>[]): void {
    try {
      this.life.signal.throwIfAborted();
      this.live.add(entry);
    } catch (error) {
      ends.push(entry.ref.close());
      throw error;
    }
  }

  private plugins(): Map<string, T> {
    return new Map(this.live.all.map(({ name, plugin }) => [name, plugin]));
  }

  private isOfAnotherKind(file: string, error: PluginError): boolean {
    return error.code === 'PLUGIN_WRONG_KIND' && this.live.ofFile(file) === undefined;
  }

  /** @param known previous failures, which are not logged again */
  private logChanges(names: Omit<FolderChanges, 'failed'>, known: ReadonlyMap<string, PluginError>): void {
    if (Object.values(names).some(({ length }) => length > 0))
      this.log.info(`${this.name} plugin folder changed`, names);
    for (const [file, error] of this.failures) {
      if (known.get(file)?.message === error.message) continue;
      const consequence = this.live.ofFile(file) === undefined ? 'the others serve' : 'the previous plugin stays live';
      this.log.error(`${this.name} plugin file not opened; ${consequence}`, {
        file,
        code: error.code,
        error: error.message,
      });
    }
  }

  private closed(): PluginError {
    return new PluginError('PLUGIN_CLOSED', {
      path: this.directory,
      found: 'a refresh while the application shuts down',
      wanted: 'a refresh before the shutdown',
      fix: 'start the application again',
    });
  }
}

/** A new plugin, or the outcome for a plugin that serves. */
type FileOutcome<T extends object> = FolderEntry<T> | 'same' | 'changed';

function sorted<Value>(map: ReadonlyMap<string, Value>): Map<string, Value> {
  return new Map([...map].toSorted(([one], [other]) => (one < other ? -1 : 1)));
}
