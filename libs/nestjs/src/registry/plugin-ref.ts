// One plugin of the application: opened with its token, watched, swapped, and closed with the registry.
import type { Contract, PluginLogger } from '@pluggable/contract';
import {
  guardedLogger,
  PluginError,
  PluginSlot,
  type PluginStatus,
  type SlotStatus,
  type StartFailure,
  type SwapOptions,
} from '@pluggable/host';
import { nestPluginLogger } from './nest-plugin-logger.js';
import type { PluginSettings } from './plugin-ref-options.js';

/**
 * That of the plugin, or `unopened`: it is not open yet, or its token is overridden; `none`: no path is given; `failed`: its
 * start failed, and it is tried again. With `none` and `failed` the fallback serves.
 */
export type PluginRefState = PluginStatus['state'] | 'unopened' | 'none' | 'failed';

export interface PluginRefStatus extends SlotStatus {
  /** The name in the registry. */
  readonly name: string;
  readonly kind: string;
  readonly state: PluginRefState;
  /** Plain data of the domain module, such as counts. */
  readonly details: Readonly<Record<string, unknown>>;
}

/** The new plugin of a swap. A relative path is from the working directory. */
export type SwapRequest = Pick<SwapOptions, 'path' | 'factoryName' | 'integrity' | 'isolation'>;

/** Makes the injected object from the plugin. */
export interface Decoration<T extends object, Decorated extends object> {
  /** @returns what is injected */
  decorate(plugin: T, context: DecorationContext): Decorated;
  /** Plain data for the status. @default nothing */
  details?(decorated: Decorated): Readonly<Record<string, unknown>>;
}

export interface DecorationContext {
  readonly log: PluginLogger;
  /** Whether there is a plugin at this moment; else the fallback serves. */
  readonly hasPlugin: () => boolean;
}

/** The parts of a reference. The modules of this package make it. */
export interface PluginRefParts<T extends object> {
  readonly contract: Contract<T>;
  /** @param plugin null until one is live */
  readonly nameOf: (plugin: Pick<PluginStatus, 'name'> | null) => string;
  readonly options: PluginSettings & {
    readonly path?: string | undefined;
    readonly required?: boolean | undefined;
    readonly fallback?: T | undefined;
  };
  readonly decoration?: Decoration<T, object> | undefined;
  /** The folder that decides which plugin this is. @default none: a swap does */
  readonly folder?: string | undefined;
}

/** State, ping and replacement of a plugin. Inject it by `@InjectPluginRef`, or take it from the `PluginRegistry`. */
export class PluginRef<T extends object = object> {
  private readonly log: PluginLogger;
  private slot: PluginSlot<T> | undefined;
  private injected: object | undefined;
  private opening: Promise<object> | undefined;
  private ending: Promise<void> | undefined;
  /** Aborted to end a start under way, or what an application has given up on. */
  private readonly start = new AbortController();
  private readonly closed = new AbortController();

  constructor(private readonly parts: PluginRefParts<T>) {
    this.log = guardedLogger(parts.options.logger ?? nestPluginLogger(parts.nameOf(null)));
  }

  /** The name in the registry: `kind/name`, or `kind` alone without a name. */
  get name(): string {
    return this.parts.nameOf(this.slot?.status().plugin ?? null);
  }

  /** That of the contract. */
  get kind(): string {
    return this.parts.contract.kind;
  }

  /** The state of the plugin, without a call. Secrets are masked, but the path and the configuration are shown: not for the public. */
  status(): PluginRefStatus {
    const { name, kind } = this;
    const slot = this.slot?.status();
    if (slot === undefined) return { name, kind, state: 'unopened', ...NOTHING };
    const state = slot.plugin?.state ?? (slot.failure === null ? 'none' : 'failed');
    return { name, kind, state, ...slot, details: this.details() };
  }

  /** Asks the plugin whether it is of use; the status keeps the answer. */
  async ping(): Promise<PluginRefState> {
    await this.slot?.ping();
    return this.status().state;
  }

  /**
   * Replaces the plugin while it serves. Lasts until the application ends.
   * @throws PluginError see `PluginSlot.swap`; the old plugin goes on. PLUGIN_OUTSIDE_DIRECTORY also when no folder is set,
   * PLUGIN_NOT_SWAPPABLE when the plugin is unopened, or one of a folder
   */
  async swap(change: SwapRequest): Promise<PluginRefStatus> {
    const { path, factoryName, integrity, isolation } = change;
    try {
      const { slot, directory, settingNames } = this.swappable(path);
      const { hash } = await slot.swap({ path, factoryName, integrity, isolation, directory, settingNames });
      this.log.info(`${this.name} plugin swapped`, { path, hash });
    } catch (error) {
      this.log.warn(`${this.name} plugin not swapped`, shown(error));
      throw error;
    }
    return this.status();
  }

  /** @internal Opens the plugin, once. @returns what is injected. @throws PluginError, or the reason of the option `signal` */
  async open(): Promise<object> {
    this.opening ??= this.openSlot().catch(async (error: unknown) => {
      await this.end();
      throw error;
    });
    return await this.opening;
  }

  /** @internal The file of the plugin has changed. @param accept throws to refuse the plugin that it holds now */
  async reopen(path: string, accept: (status: PluginStatus) => void): Promise<void> {
    const { folder: directory, options } = this.parts;
    await this.slot?.swap({ path, directory, accept, settingNames: options.settingNames });
  }

  /** @internal Ends a start or a swap under way, and refuses further ones. The plugin goes on. */
  seal(): void {
    if (this.slot === undefined) this.start.abort(this.ended());
    else this.slot.seal();
  }

  /** @internal Closes the plugin, once, also one that is being opened. Never rejects. */
  async close(): Promise<void> {
    this.seal();
    await this.opening?.catch(() => undefined);
    await this.end();
  }

  private async end(): Promise<void> {
    this.ending ??= this.closeSlot();
    await this.ending;
  }

  private async closeSlot(): Promise<void> {
    this.closed.abort();
    try {
      await this.slot?.close();
    } catch (error) {
      this.log.warn(`${this.name} plugin not closed`, shown(error));
    }
  }

  private async openSlot(): Promise<object> {
    const { contract, options, decoration, folder } = this.parts;
    const { path, required, fallback, signal, within, swapWithin: _, fallbackName: __, ...plugin } = options;
    signal?.addEventListener('abort', () => this.start.abort(signal.reason), { signal: this.closed.signal });
    if (signal?.aborted === true) this.start.abort(signal.reason);
    const { within: withinName = 'the option within', swapWithin: ___, ...names } = plugin.settingNames ?? {};
    const settingNames = folder === undefined ? { ...names, directory: withinName } : names;
    const slot = await PluginSlot.open(contract, {
      plugin: { ...plugin, path, directory: folder ?? within, settingNames, logger: this.log },
      fallback,
      required,
      signal: this.start.signal,
      onLive: (status) => this.tellLive(status),
      onFailure: (failure) => this.tellFailure(failure),
    });
    if (slot.isEmpty && slot.status().failure === null) {
      this.log.info(`no ${this.name} plugin configured; using ${this.fallbackName}`);
    }
    this.slot = slot;
    this.injected = decoration?.decorate(slot.proxy, { log: this.log, hasPlugin: () => !slot.isEmpty }) ?? slot.proxy;
    return this.injected;
  }

  private get fallbackName(): string {
    return this.parts.options.fallbackName ?? 'its fallback';
  }

  private details(): Readonly<Record<string, unknown>> {
    if (this.injected === undefined) return {};
    try {
      return this.parts.decoration?.details?.(this.injected) ?? {};
    } catch (error) {
      this.log.warn(`${this.name} plugin without details`, shown(error));
      return {};
    }
  }

  private swappable(path: string): Swappable<T> {
    const { slot } = this;
    const { options, folder } = this.parts;
    if (slot === undefined) {
      const wanted = 'one that the application has opened';
      const fix = 'wait for the start, or take away what overrides its token';
      throw new PluginError('PLUGIN_NOT_SWAPPABLE', { path, found: 'a swap of an unopened plugin', wanted, fix });
    }
    if (folder !== undefined) {
      const found = 'a swap of a plugin that comes from a folder';
      const fix = `replace its file in ${folder}, then refresh`;
      throw new PluginError('PLUGIN_NOT_SWAPPABLE', { path, found, wanted: 'a plugin with a path of its own', fix });
    }
    const directory = options.swapWithin ?? options.within ?? '';
    const names = options.settingNames ?? {};
    const settingNames = {
      directory:
        options.swapWithin === undefined
          ? (names.within ?? 'the option within')
          : (names.swapWithin ?? 'the option swapWithin'),
    };
    if (directory !== '') return { slot, directory, settingNames };
    throw new PluginError('PLUGIN_OUTSIDE_DIRECTORY', {
      path,
      found: 'no folder from which plugins are swapped in',
      wanted: 'one',
      fix: `set ${names.swapWithin ?? names.within ?? 'the option swapWithin, or within'}`,
    });
  }

  private tellLive(status: PluginStatus): void {
    const { name: plugin, version, isolation, state, error, config } = status;
    const name = this.parts.nameOf(status);
    const fields = { plugin, version, isolation, config };
    if (state === 'degraded') this.log.warn(`${name} plugin live, but degraded`, { ...fields, ...error });
    else this.log.info(`${name} plugin live`, fields);
  }

  private tellFailure({ error, attempts, nextAttempt }: StartFailure): void {
    this.log.error(`${this.name} plugin not started; using ${this.fallbackName}, will be tried again`, {
      code: error.code,
      error: error.message,
      attempts,
      nextAttempt,
    });
  }

  private ended(): PluginError {
    return new PluginError('PLUGIN_CLOSED', {
      path: this.parts.options.path ?? '',
      found: 'a start while the application shuts down',
      wanted: 'one before',
      fix: 'start the application again',
    });
  }
}

interface Swappable<T extends object> extends Required<Pick<SwapOptions, 'directory' | 'settingNames'>> {
  readonly slot: PluginSlot<T>;
}

const NOTHING = { plugin: null, failure: null, swaps: 0, reimports: 0, details: {} } as const;

function shown(error: unknown): { readonly code?: unknown; readonly error: string } {
  if (!(error instanceof Error)) return { error: String(error) };
  return 'code' in error ? { code: error.code, error: error.message } : { error: error.message };
}
