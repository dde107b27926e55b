// The registry of all plugins of an application. It closes them after the server.
import { Injectable, type OnApplicationShutdown, type OnModuleDestroy } from '@nestjs/common';
import type { FolderChanges, PluginMap } from './plugin-map.js';
import { nameTaken } from './plugin-names.js';
import type { PluginRef } from './plugin-ref.js';

/** The fix for two modules with the same contract and name. */
const SET_NAME = 'set the option name of one of the two';

/**
 * All plugins of an application, for health checks, admin routes and metrics. Every plugin module provides it globally.
 *
 * @example
 * constructor(private readonly plugins: PluginRegistry) {}
 *
 * states() {
 *   return this.plugins.plugins.map((plugin) => [plugin.name, plugin.status().state]);
 * }
 */
@Injectable()
export class PluginRegistry implements OnModuleDestroy, OnApplicationShutdown {
  private readonly refs = new Set<PluginRef>();
  private readonly maps = new Map<string, PluginMap<object>>();
  private hasDefaults = false;
  private isSealed = false;

  /** All plugins, including those of folders, sorted by name. */
  get plugins(): readonly PluginRef[] {
    return [...this.refs].toSorted((one, other) => compare(one.name, other.name));
  }

  /** All plugin folders, sorted by name. */
  get folders(): readonly PluginMap<object>[] {
    return [...this.maps.values()].toSorted((one, other) => compare(one.name, other.name));
  }

  /**
   * Returns a plugin.
   * @param name `kind/name`, or only `kind` for a plugin without a name
   */
  get(name: string): PluginRef | undefined {
    return [...this.refs].find((ref) => ref.name === name);
  }

  /**
   * Refreshes all folders, see {@link PluginMap.refresh}.
   * @returns the changes of each folder, by folder name
   * @throws PluginError of {@link PluginMap.refresh}; the other folders are refreshed nevertheless
   */
  async refresh(): Promise<ReadonlyMap<string, FolderChanges>> {
    const refreshed = this.folders.map(async (map) => [map.name, await map.refresh()] as const);
    // A folder that cannot be listed does not stop the others.
    await Promise.allSettled(refreshed);
    return new Map(await Promise.all(refreshed));
  }

  /** @internal Adds a plugin with a configured path, which takes precedence over one of a folder. @throws PluginError PLUGIN_NAME_TAKEN */
  addConfigured(ref: PluginRef, path: string): void {
    for (const map of this.maps.values()) map.releaseName(ref.name);
    this.add(ref, { path, fix: SET_NAME });
  }

  /** @internal @throws PluginError PLUGIN_NAME_TAKEN */
  add(ref: PluginRef, { path, fix }: { readonly path: string; readonly fix: string }): void {
    if (this.get(ref.name) !== undefined) throw nameTaken(ref.name, path, fix);
    this.refs.add(ref);
    if (this.isSealed) ref.seal();
  }

  /** @internal */
  remove(ref: PluginRef): void {
    this.refs.delete(ref);
  }

  /** @internal @throws PluginError PLUGIN_NAME_TAKEN */
  addFolder(map: PluginMap<object>): void {
    if (this.maps.has(map.name)) throw nameTaken(map.name, map.directory, SET_NAME);
    this.maps.set(map.name, map);
    if (this.isSealed) map.seal();
  }

  /** @internal */
  removeFolder(map: PluginMap<object>): void {
    this.maps.delete(map.name);
  }

  /** @internal Called for each `PluginModule.forRoot`. @throws TypeError at the second one */
  addDefaults(): void {
    if (this.hasDefaults) {
      throw new TypeError(
        'PluginModule.forRoot is imported twice, but its defaults apply to all plugins; import it once, and move other options to forPlugin or forDirectory',
      );
    }
    this.hasDefaults = true;
  }

  /** @internal Nest calls this after the `onModuleDestroy` of all other providers. */
  onModuleDestroy(): void {
    this.isSealed = true;
    for (const one of [...this.refs, ...this.maps.values()]) one.seal();
  }

  /** @internal Nest calls this after the server has closed, so that requests keep their plugins. */
  async onApplicationShutdown(): Promise<void> {
    this.onModuleDestroy();
    await Promise.all([...this.maps.values(), ...this.refs].map((one) => one.close()));
  }
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}
