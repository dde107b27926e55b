// The reference to one plugin of the application: its status, ping and swap.
import type { Contract, PluginLogger } from '@pluggable/contract';
import {
  guardedLogger,
  PluginError,
  PluginSlot,
  type PluginStatus,
  type StartFailure,
  type SwapOptions,
} from '@pluggable/host';
import type { Decoration } from './decoration.js';
import { nestPluginLogger } from './nest-plugin-logger.js';
import type { PluginSettings } from './plugin-ref-options.js';
import type { PluginRefState, PluginRefStatus } from './plugin-ref-status.js';

/** Options of {@link PluginRef.swap}. A relative path starts at the working directory. */
export type SwapRequest = Pick<SwapOptions, 'path' | 'factoryName' | 'integrity' | 'isolation'>;

/** Constructor argument of {@link PluginRef}. */
export interface PluginRefParts<T extends object> {
  readonly contract: Contract<T>;
  /** @param plugin null until a plugin is live */
  readonly nameOf: (plugin: Pick<PluginStatus, 'name'> | null) => string;
  readonly options: PluginSettings & {
    readonly path?: string | undefined;
    readonly required?: boolean | undefined;
    readonly fallback?: T | undefined;
  };
  readonly decoration?: Decoration<T, object> | undefined;
  /** Folder of a plugin of `forDirectory`, which cannot be swapped. @default none */
  readonly folder?: string | undefined;
}

/**
 * Status, ping and swap of a plugin. Inject it with {@link InjectPluginRef}, or take it from the {@link PluginRegistry}.
 *
 * @example
 * constructor(@InjectPluginRef(MAILER) private readonly mailer: PluginRef<Mailer>) {}
 *
 * async upgrade() {
 *   await this.mailer.swap({ path: 'plugins/smtp-2.mjs' });
 * }
 */
export class PluginRef<T extends object = object> {
  private readonly log: PluginLogger;
  private slot: PluginSlot<T> | undefined;
  private injected: object | undefined;
  private opening: Promise<object> | undefined;
  private ending: Promise<void> | undefined;
  /** Aborted to end a start in progress, or by the option `signal`. */
  private readonly start = new AbortController();
  private readonly closed = new AbortController();

  /** @internal */
  constructor(private readonly parts: PluginRefParts<T>) {
    this.log = guardedLogger(parts.options.logger ?? nestPluginLogger(parts.nameOf(null)));
  }

  /** Name in the registry: `kind/name`, or only `kind` for a plugin without a name. */
  get name(): string {
    return this.parts.nameOf(this.slot?.status().plugin ?? null);
  }

  /** Kind of the contract. */
  get kind(): string {
    return this.parts.contract.kind;
  }

  /** Returns a snapshot without calling the plugin. Secrets are masked, but it contains paths and configuration: do not publish it. */
  status(): PluginRefStatus {
    const { name, kind } = this;
    const slot = this.slot?.status();
    if (slot === undefined) return { name, kind, state: 'unopened', ...NOTHING };
    const state = slot.plugin?.state ?? (slot.failure === null ? 'none' : 'failed');
    return { name, kind, state, ...slot, details: this.details() };
  }

  /** Calls the plugin's `ping` and returns the updated state. It never rejects. */
  async ping(): Promise<PluginRefState> {
    await this.slot?.ping();
    return this.status().state;
  }

  /**
   * Replaces the plugin without a gap: the new plugin is opened first, then the old one answers its calls in flight and is closed.
   * If anything fails, the old plugin stays. A restart of the application opens the configured path again.
   * @returns the status, as soon as the new plugin serves
   * @throws PluginError of `openPlugin`; PLUGIN_OUTSIDE_DIRECTORY also without `within` and `swapWithin`; PLUGIN_NOT_USABLE when the
   * ping of the new plugin fails; PLUGIN_NOT_SWAPPABLE for a plugin that is unopened or comes from a folder; PLUGIN_CLOSED when the
   * application shuts down
   */
  async swap(change: SwapRequest): Promise<PluginRefStatus> {
    const { path, factoryName, integrity, isolation } = change;
    try {
      const { slot, directory, settingNames } = this.swappable(path);
      const { hash } = await slot.swap({ path, factoryName, integrity, isolation, directory, settingNames });
      this.log.info(`${this.name} plugin swapped`, { path, hash });
    } catch (error) {
      this.log.warn(`${this.name} plugin not swapped`, errorFields(error));
      throw error;
    }
    return this.status();
  }

  /** @internal Opens the plugin, once. @returns the injected object. @throws PluginError, or the reason of the option `signal` */
  async open(): Promise<object> {
    this.opening ??= this.openSlot().catch(async (error: unknown) => {
      await this.end();
      throw error;
    });
    return await this.opening;
  }

  /** @internal Swaps in the new bytes of a changed file. @param accept throws to refuse the new plugin */
  async reopen(path: string, accept: (status: PluginStatus) => void): Promise<void> {
    const { folder: directory, options } = this.parts;
    await this.slot?.swap({ path, directory, accept, settingNames: options.settingNames });
  }

  /** @internal Ends a start or swap in progress and refuses further ones. The plugin stays live. */
  seal(): void {
    if (this.slot === undefined) this.start.abort(this.ended());
    else this.slot.seal();
  }

  /** @internal Closes the plugin, once, also during its start. Never rejects. */
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
      this.log.warn(`${this.name} plugin not closed`, errorFields(error));
    }
  }

  private async openSlot(): Promise<object> {
    const { contract, options, decoration, folder } = this.parts;
    const { path, required, fallback, signal, within, swapWithin: _, fallbackName: __, ...plugin } = options;
    const onAbort = (): void => this.start.abort(signal?.reason);
    signal?.addEventListener('abort', onAbort);
    // Some versions of Node.js forget the option `signal` of a listener at a garbage collection.
    this.closed.signal.addEventListener('abort', () => signal?.removeEventListener('abort', onAbort));
    if (signal?.aborted === true) this.start.abort(signal.reason);
    const { within: withinName = 'the option within', swapWithin: ___, ...names } = plugin.settingNames ?? {};
    const settingNames = folder === undefined ? { ...names, directory: withinName } : names;
    const slot = await PluginSlot.open(contract, {
      plugin: { ...plugin, path, directory: folder ?? within, settingNames, logger: this.log },
      fallback,
      required,
      signal: this.start.signal,
      onLive: (status) => this.logLive(status),
      onFailure: (failure) => this.logFailure(failure),
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
      this.log.warn(`${this.name} plugin: details() failed`, errorFields(error));
      return {};
    }
  }

  private swappable(path: string): Swappable<T> {
    const { slot } = this;
    const { options, folder } = this.parts;
    if (slot === undefined) {
      const wanted = 'a plugin that the application has opened';
      const fix = 'wait for the end of the start, or remove the override of its token';
      throw new PluginError('PLUGIN_NOT_SWAPPABLE', { path, found: 'a swap of an unopened plugin', wanted, fix });
    }
    if (folder !== undefined) {
      const found = 'a swap of a plugin that comes from a folder';
      const fix = `replace its file in ${folder}, then refresh`;
      throw new PluginError('PLUGIN_NOT_SWAPPABLE', { path, found, wanted: 'a plugin with a configured path', fix });
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
      found: 'a swap without an allowed folder',
      wanted: 'a folder from which swaps may load files',
      fix: `set ${names.swapWithin ?? names.within ?? 'the option swapWithin or within'}`,
    });
  }

  private logLive(status: PluginStatus): void {
    const { name: plugin, version, isolation, state, error, config } = status;
    const name = this.parts.nameOf(status);
    const fields = { plugin, version, isolation, config };
    if (state === 'degraded') this.log.warn(`${name} plugin live, but degraded`, { ...fields, ...error });
    else this.log.info(`${name} plugin live`, fields);
  }

  private logFailure({ error, attempts, nextAttempt }: StartFailure): void {
    this.log.error(`${this.name} plugin not started; using ${this.fallbackName}; the start will be retried`, {
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
      wanted: 'a start before the shutdown',
      fix: 'start the application again',
    });
  }
}

interface Swappable<T extends object> extends Required<Pick<SwapOptions, 'directory' | 'settingNames'>> {
  readonly slot: PluginSlot<T>;
}

const NOTHING = { plugin: null, failure: null, swaps: 0, reimports: 0, details: {} } as const;

function errorFields(error: unknown): { readonly code?: unknown; readonly error: string } {
  if (!(error instanceof Error)) return { error: String(error) };
  return 'code' in error ? { code: error.code, error: error.message } : { error: error.message };
}
