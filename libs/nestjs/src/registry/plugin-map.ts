// The plugins of a folder, by their names: opened together, and compared with the folder again by refresh().
import { join } from 'node:path';
import type { Contract, PluginLogger } from '@pluggable/contract';
import { guardedLogger, isPluginError, PluginError, type PluginStatus } from '@pluggable/host';
import { nestPluginLogger } from './nest-plugin-logger.js';
import { nameTaken } from './plugin-names.js';
import { type FolderOptions, PluginFolder } from './plugin-folder.js';
import { PluginRef } from './plugin-ref.js';

/** The changes that `refresh` found. `added`, `changed` and `removed` are names of plugins, `failed` names of files. */
export interface FolderChanges {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
  readonly failed: readonly string[];
}

interface Entry<T extends object> {
  /** In the manifest. */
  readonly name: string;
  readonly file: string;
  readonly ref: PluginRef<T>;
  readonly plugin: T;
}

/** The part of the registry that a map needs. */
interface Listing {
  get(name: string): PluginRef | undefined;
  /** @throws PluginError PLUGIN_NAME_TAKEN */
  add(ref: PluginRef, from: { readonly path: string; readonly fix: string }): void;
  remove(ref: PluginRef): void;
  /** @throws PluginError PLUGIN_NAME_TAKEN */
  addFolder(map: PluginMap<object>): void;
  removeFolder(map: PluginMap<object>): void;
}

/**
 * The plugins of a folder, by the names in their manifests (without a manifest: the name of the file, without its extension), in
 * the order of their names. Provided by `PluginModule.forDirectory`; inject it by `@InjectPlugins`.
 *
 * - A file that cannot be opened is in {@link failed}; the others serve.
 * - A file of another kind is passed over.
 * - Of two files with one name the one that serves goes on, at first the one whose file name is the smaller; the other is in `failed`.
 * - Nothing is watched: {@link refresh} looks at the folder again.
 */
export class PluginMap<T extends object> implements ReadonlyMap<string, T> {
  /** The folder. */
  readonly directory: string;
  private readonly folder: PluginFolder;
  private readonly log: PluginLogger;
  private live = new Map<string, Entry<T>>();
  private failures: ReadonlyMap<string, PluginError> = new Map();
  private turn: Promise<unknown> = Promise.resolve();
  /** Plugins that are starting. */
  private readonly starting = new Set<PluginRef<T>>();
  private readonly life = new AbortController();

  private constructor(
    /** The name in the registry: `kind/name`, or `kind` alone for a folder without a name. */
    readonly name: string,
    private readonly contract: Contract<T>,
    private readonly options: FolderOptions,
    private readonly registry: Listing,
  ) {
    this.folder = new PluginFolder(options);
    this.directory = this.folder.path;
    this.log = guardedLogger(options.logger ?? nestPluginLogger(`${name}/*`));
  }

  /** @internal @throws PluginError PLUGIN_PATH_INVALID, PLUGIN_NAME_TAKEN, and what {@link refresh} throws */
  static async open<T extends object>(
    name: string,
    contract: Contract<T>,
    options: FolderOptions,
    registry: Listing,
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

  /** Why files of the folder do not serve, by the names of the files. */
  get failed(): ReadonlyMap<string, PluginError> {
    return this.failures;
  }

  /**
   * Compares the map with the folder:
   *
   * - a new file, and one that failed before, is opened
   * - a file with other bytes replaces its plugin as a swap does: the object in the map stays, and if the new one fails the old
   *   one goes on
   * - the plugin of a file that is gone leaves the map, answers its calls in flight, and is closed
   *
   * Refreshes wait for each other.
   *
   * @throws PluginError PLUGIN_NOT_FOUND or PLUGIN_NOT_READABLE when the folder cannot be listed, PLUGIN_OUTSIDE_DIRECTORY when
   * it is not in the one of `forRoot`: then nothing changes. PLUGIN_CLOSED when the application shuts down
   */
  async refresh(): Promise<FolderChanges> {
    const update = this.turn.then(() => this.update());
    this.turn = update.catch(() => undefined);
    return await update;
  }

  get size(): number {
    return this.live.size;
  }

  get(name: string): T | undefined {
    return this.live.get(name)?.plugin;
  }

  has(name: string): boolean {
    return this.live.has(name);
  }

  keys(): MapIterator<string> {
    return this.live.keys();
  }

  values(): MapIterator<T> {
    return this.plugins().values();
  }

  entries(): MapIterator<[string, T]> {
    return this.plugins().entries();
  }

  [Symbol.iterator](): MapIterator<[string, T]> {
    return this.entries();
  }

  forEach(callback: (plugin: T, name: string, map: ReadonlyMap<string, T>) => void, thisArg?: unknown): void {
    for (const [name, plugin] of this) callback.call(thisArg, plugin, name, this);
  }

  /** @internal Leaves a name in the registry to a plugin with a path of its own. */
  leave(name: string): void {
    const entry = [...this.live.values()].find(({ ref }) => ref.name === name);
    if (entry === undefined) return;
    this.turn = Promise.all([this.turn, this.withdraw(entry)]);
    const known = this.failures;
    const error = nameTaken(name, join(this.directory, entry.file), TAKE_AWAY);
    this.failures = sorted(new Map([...known, [entry.file, error]]));
    this.tell({ added: [], changed: [], removed: [entry.name] }, known);
  }

  /** @internal Ends a refresh under way, and refuses further ones. The plugins go on. */
  seal(): void {
    this.life.abort(this.closed());
    for (const ref of this.starting) ref.seal();
  }

  /** @internal Waits until a refresh under way has ended. The registry closes the plugins. */
  async close(): Promise<void> {
    this.seal();
    await this.turn;
  }

  /** The end of one that could not be opened. */
  private async discard(): Promise<void> {
    await Promise.all([...this.live.values()].map((entry) => this.withdraw(entry)));
    this.registry.removeFolder(this);
  }

  private async update(): Promise<FolderChanges> {
    const files = await this.folder.list(this.life.signal);
    const gone = [...this.live.values()].filter(({ file }) => !files.includes(file));
    const added: string[] = [];
    const changed: string[] = [];
    const failures = new Map<string, PluginError>();
    const unexpected: unknown[] = [];
    const fail = (file: string, error: unknown): void => {
      if (!isPluginError(error) || error.code === 'PLUGIN_OPTION_INVALID') unexpected.push(error);
      else if (this.isOfAnotherKind(file, error))
        this.log.debug(`not a ${this.contract.kind} plugin; passed over`, { file });
      else failures.set(file, error);
    };

    const opened: Entry<T>[] = [];
    const looks = await Promise.allSettled(files.map((file) => this.look(file)));
    for (const [index, look] of looks.entries()) {
      const file = String(files[index]);
      if (look.status === 'rejected') fail(file, look.reason);
      else if (look.value === 'changed') changed.push(String(this.entryOf(file)?.name));
      else if (look.value !== 'same') opened.push(look.value);
    }
    // Nothing waits from here on until all is in its place: a name that goes on has a plugin at every moment.
    const ends = gone.map((entry) => this.withdraw(entry));
    const { free, taken } = this.byName(opened);
    const renamed = free.flatMap(({ file }) => this.entryOf(file) ?? []);
    ends.push(...renamed.map((entry) => this.withdraw(entry)));
    const removed = [...gone, ...renamed].map(({ name }) => name);
    for (const entry of [...free, ...taken]) {
      try {
        this.publish(entry, ends);
        added.push(entry.name);
      } catch (error) {
        fail(entry.file, error);
      }
    }
    this.live = sorted(this.live);
    const known = this.failures;
    // A start that a shutdown ended is no fault of its file.
    if (!this.life.signal.aborted) this.failures = sorted(failures);
    await Promise.all(ends);
    this.life.signal.throwIfAborted();
    if (unexpected.length > 0) throw unexpected[0];
    const names = { added: added.toSorted(), changed, removed: removed.toSorted() };
    this.tell(names, known);
    return { ...names, failed: [...this.failures.keys()] };
  }

  private async look(file: string): Promise<Look<T>> {
    const entry = this.entryOf(file);
    const path = join(this.directory, file);
    if (entry === undefined) return await this.open(file);
    if (entry.ref.status().plugin?.hash === (await this.folder.hashOf(file, this.life.signal))) return 'same';
    try {
      await entry.ref.reopen(path, (status) => {
        if (status.name !== entry.name) throw new OtherName();
      });
      return 'changed';
    } catch (error) {
      if (!(error instanceof OtherName)) throw error;
      return await this.open(file);
    }
  }

  private async open(file: string): Promise<Entry<T>> {
    const { contract, directory } = this;
    const { directory: _, ...options } = this.options;
    const settingNames = { ...options.settingNames, path: `the file ${file}` };
    const nameOf = (plugin: Pick<PluginStatus, 'name'> | null): string => `${this.name}/${plugin?.name ?? file}`;
    const path = join(directory, file);
    const ref = new PluginRef({ contract, nameOf, options: { ...options, path, settingNames }, folder: directory });
    this.starting.add(ref);
    if (this.life.signal.aborted) ref.seal();
    try {
      const plugin = (await ref.open()) as T;
      return { file, ref, plugin, name: String(ref.status().plugin?.name) };
    } finally {
      this.starting.delete(ref);
    }
  }

  /** Tells those whose names are free, or given up by others of them, from the rest. Of two with one name, the first is free. */
  private byName(opened: readonly Entry<T>[]): { readonly free: Entry<T>[]; readonly taken: Entry<T>[] } {
    let free = [...opened];
    for (;;) {
      const givenUp = free.map(({ file }): PluginRef | undefined => this.entryOf(file)?.ref);
      const isTaken = ({ name, ref }: Entry<T>, index: number): boolean => {
        const holder = this.registry.get(ref.name);
        const isHeld = holder !== undefined && !givenUp.includes(holder);
        return isHeld || free.findIndex((other) => other.name === name) < index;
      };
      const left = free.filter((entry, index) => !isTaken(entry, index));
      if (left.length === free.length) return { free, taken: opened.filter((entry) => !free.includes(entry)) };
      free = left;
    }
  }

  /** @param ends gets that of a plugin that cannot serve. @throws PluginError PLUGIN_NAME_TAKEN, PLUGIN_CLOSED */
  private publish(entry: Entry<T>, ends: Promise<void>[]): void {
    try {
      this.life.signal.throwIfAborted();
      this.registry.add(entry.ref, {
        path: join(this.directory, entry.file),
        fix: TAKE_AWAY,
      });
    } catch (error) {
      ends.push(entry.ref.close());
      throw error;
    }
    this.live.set(entry.name, entry);
  }

  /** @returns its end, when its calls in flight have been answered */
  private withdraw(entry: Entry<T>): Promise<void> {
    this.live.delete(entry.name);
    this.registry.remove(entry.ref);
    return entry.ref.close();
  }

  private entryOf(file: string): Entry<T> | undefined {
    return [...this.live.values()].find((entry) => entry.file === file);
  }

  private plugins(): Map<string, T> {
    return new Map([...this.live].map(([name, { plugin }]) => [name, plugin]));
  }

  private isOfAnotherKind(file: string, error: PluginError): boolean {
    return error.code === 'PLUGIN_WRONG_KIND' && this.entryOf(file) === undefined;
  }

  /** @param known the failures before: they are told once */
  private tell(names: Omit<FolderChanges, 'failed'>, known: ReadonlyMap<string, PluginError>): void {
    if (Object.values(names).some(({ length }) => length > 0)) this.log.info(`${this.name} plugins of a folder`, names);
    for (const [file, error] of this.failures) {
      if (known.get(file)?.message === error.message) continue;
      const goesOn = this.entryOf(file) === undefined ? 'the others serve' : 'the one before goes on';
      this.log.error(`${this.name} plugin of a folder not started; ${goesOn}`, {
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
      wanted: 'one before',
      fix: 'start the application again',
    });
  }
}

const TAKE_AWAY = 'take one of the two away, or build it with another name in its manifest';

/** A new plugin, or what became of one that serves. */
type Look<T extends object> = Entry<T> | 'same' | 'changed';

/** A file holds a plugin with another name than before. */
class OtherName extends Error {}

function sorted<Value>(map: ReadonlyMap<string, Value>): Map<string, Value> {
  return new Map([...map].toSorted(([one], [other]) => (one < other ? -1 : 1)));
}
