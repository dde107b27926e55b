// Opens the files of a plugin folder as plugins.
import { join } from 'node:path';
import type { Contract } from '@pluggable/contract';
import type { PluginStatus } from '@pluggable/host';
import type { FolderEntry } from './folder-entries.js';
import type { FolderOptions } from './plugin-folder.js';
import { PluginRef } from './plugin-ref.js';

export class FolderOpener<T extends object> {
  /** Plugins that are starting. */
  private readonly starting = new Set<PluginRef<T>>();
  private isSealed = false;

  /**
   * @param name of the folder in the registry
   * @param directory absolute path
   */
  constructor(
    private readonly name: string,
    private readonly contract: Contract<T>,
    private readonly options: FolderOptions,
    private readonly directory: string,
  ) {}

  /** @throws PluginError when the file is no such plugin, or after {@link seal} */
  async open(file: string): Promise<FolderEntry<T>> {
    const { contract, directory } = this;
    const { directory: _, ...options } = this.options;
    const settingNames = { ...options.settingNames, path: `the file ${file}` };
    const nameOf = (plugin: Pick<PluginStatus, 'name'> | null): string => `${this.name}/${plugin?.name ?? file}`;
    const path = join(directory, file);
    const ref = new PluginRef({ contract, nameOf, options: { ...options, path, settingNames }, folder: directory });
    this.starting.add(ref);
    if (this.isSealed) ref.seal();
    try {
      const plugin = (await ref.open()) as T;
      return { file, ref, plugin, name: String(ref.status().plugin?.name) };
    } finally {
      this.starting.delete(ref);
    }
  }

  /**
   * Replaces the plugin by the one that its file has now. If that has another name, the plugin stays.
   * @returns `changed`, or the new plugin with the other name
   * @throws PluginError as {@link open}; then the plugin stays
   */
  async reopen({ file, name, ref }: FolderEntry<T>): Promise<FolderEntry<T> | 'changed'> {
    try {
      await ref.reopen(join(this.directory, file), (status) => {
        if (status.name !== name) throw new OtherName();
      });
      return 'changed';
    } catch (error) {
      if (!(error instanceof OtherName)) throw error;
      return await this.open(file);
    }
  }

  /** Ends the starts in progress, and those that begin later. */
  seal(): void {
    this.isSealed = true;
    for (const ref of this.starting) ref.seal();
  }
}

/** A changed file contains a plugin with another name. */
class OtherName extends Error {}
