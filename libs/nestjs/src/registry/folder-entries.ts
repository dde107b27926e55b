// The plugins of a folder that serve: their names in the folder and in the registry.
import { join } from 'node:path';
import type { PluginRef } from './plugin-ref.js';

/** What to do about two plugins of one name. */
export const REMOVE_ONE = 'remove one of the two, or build it with another name in its manifest';

export interface FolderEntry<T extends object> {
  /** Name in the manifest. */
  readonly name: string;
  readonly file: string;
  readonly ref: PluginRef<T>;
  readonly plugin: T;
}

/** The names of all plugins of an application. */
export interface FolderRegistry {
  get(name: string): PluginRef | undefined;
  /** @throws PluginError PLUGIN_NAME_TAKEN */
  add(ref: PluginRef, from: { readonly path: string; readonly fix: string }): void;
  remove(ref: PluginRef): void;
}

export class FolderEntries<T extends object> {
  private readonly live = new Map<string, FolderEntry<T>>();

  constructor(
    private readonly directory: string,
    private readonly registry: FolderRegistry,
  ) {}

  get size(): number {
    return this.live.size;
  }

  /** Sorted by name. */
  get all(): FolderEntry<T>[] {
    return [...this.live.values()].toSorted((one, other) => (one.name < other.name ? -1 : 1));
  }

  get(name: string): FolderEntry<T> | undefined {
    return this.live.get(name);
  }

  has(name: string): boolean {
    return this.live.has(name);
  }

  ofFile(file: string): FolderEntry<T> | undefined {
    return [...this.live.values()].find((entry) => entry.file === file);
  }

  /** Splits the entries by whether their name is free or given up by another entry. Of two equal names, the first is free. */
  split(opened: readonly FolderEntry<T>[]): { readonly free: FolderEntry<T>[]; readonly taken: FolderEntry<T>[] } {
    let free = [...opened];
    for (;;) {
      const givenUp = free.map(({ file }): PluginRef | undefined => this.ofFile(file)?.ref);
      const isTaken = ({ name, ref }: FolderEntry<T>, index: number): boolean => {
        const holder = this.registry.get(ref.name);
        const isHeld = holder !== undefined && !givenUp.includes(holder);
        return isHeld || free.findIndex((other) => other.name === name) < index;
      };
      const left = free.filter((entry, index) => !isTaken(entry, index));
      if (left.length === free.length) return { free, taken: opened.filter((entry) => !free.includes(entry)) };
      free = left;
    }
  }

  /** @throws PluginError PLUGIN_NAME_TAKEN */
  add(entry: FolderEntry<T>): void {
    this.registry.add(entry.ref, { path: join(this.directory, entry.file), fix: REMOVE_ONE });
    this.live.set(entry.name, entry);
  }

  /** Removes the plugin. @returns its close, after its calls in flight */
  remove(entry: FolderEntry<T>): Promise<void> {
    this.live.delete(entry.name);
    this.registry.remove(entry.ref);
    return entry.ref.close();
  }
}
