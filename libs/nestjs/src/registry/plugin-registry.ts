// Every plugin of the application: found by its name, closed after the server.
import { Injectable, type OnApplicationShutdown, type OnModuleDestroy } from '@nestjs/common';
import type { FolderChanges, PluginMap } from './plugin-map.js';
import { nameTaken } from './plugin-names.js';
import type { PluginRef } from './plugin-ref.js';

/** The fix for two modules of one contract and name. */
const SET_NAME = 'set the option name of one of the two';

/** Lists the plugins of an application, for health checks, admin routes and metrics. Importing any plugin module provides it everywhere. */
@Injectable()
export class PluginRegistry implements OnModuleDestroy, OnApplicationShutdown {
  private readonly refs = new Set<PluginRef>();
  private readonly maps = new Map<string, PluginMap<object>>();
  private hasDefaults = false;
  private isSealed = false;

  /** In the order of their names; those of folders too. */
  get plugins(): readonly PluginRef[] {
    return [...this.refs].toSorted((one, other) => compare(one.name, other.name));
  }

  /** In the order of their names. */
  get folders(): readonly PluginMap<object>[] {
    return [...this.maps.values()].toSorted((one, other) => compare(one.name, other.name));
  }

  /** @param name `kind/name`, or `kind` alone for a plugin without a name */
  get(name: string): PluginRef | undefined {
    return [...this.refs].find((ref) => ref.name === name);
  }

  /** Looks into every folder again. @returns the changes of each, by its name. @throws what `PluginMap.refresh` does */
  async refresh(): Promise<ReadonlyMap<string, FolderChanges>> {
    const refreshed = this.folders.map(async (map) => [map.name, await map.refresh()] as const);
    // One folder that cannot be listed keeps no other from its refresh.
    await Promise.allSettled(refreshed);
    return new Map(await Promise.all(refreshed));
  }

  /** @internal Adds one with a path of its own, to which a plugin of a folder leaves its name. @throws PluginError PLUGIN_NAME_TAKEN */
  addConfigured(ref: PluginRef, path: string): void {
    for (const map of this.maps.values()) map.leave(ref.name);
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
        'PluginModule.forRoot is imported twice, wanted once, because its defaults are those of all plugins; give one of the two to forPlugin or forDirectory',
      );
    }
    this.hasDefaults = true;
  }

  /** Nest calls this after the `onModuleDestroy` of all other providers. */
  onModuleDestroy(): void {
    this.isSealed = true;
    for (const one of [...this.refs, ...this.maps.values()]) one.seal();
  }

  /** Nest calls this after the server has closed, so that no request loses its plugin. */
  async onApplicationShutdown(): Promise<void> {
    this.onModuleDestroy();
    await Promise.all([...this.maps.values(), ...this.refs].map((one) => one.close()));
  }
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}
