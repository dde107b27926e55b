// A place that one plugin after another fills while the application runs: where a swap moves the pointer.
import type { Contract, PluginLogger } from '@pluggable/contract';
import { reimports } from './open/module-hooks.js';
import type { OpenPlugin, PluginState, PluginStatus } from './live-plugin.js';
import { openPlugin } from './plugin-host.js';
import { memberOf } from './calls/plugin-instance.js';
import { fillOptions, type PluginOptions, settingNamesOfSwap } from './plugin-options.js';
import { isPluginError, PluginError, reasonOf } from './plugin.error.js';
import { RestartDelays } from './restart-delays.js';
import { callSafely, guardedLogger } from './guarded-logger.js';

/** What another plugin is loaded with; the rest is as the slot was opened. */
export interface SwapOptions extends Pick<
  PluginOptions,
  'path' | 'factoryName' | 'integrity' | 'isolation' | 'settingNames'
> {
  /** The only folder from which it may come. @default any */
  readonly directory?: string | undefined;
  /** Told of the new plugin before it serves. What it throws refuses the swap, and the old plugin goes on. */
  readonly accept?: ((status: PluginStatus) => void) | undefined;
}

/** Why the plugin that the slot was opened for is not live. */
export interface StartFailure {
  readonly error: PluginError;
  readonly attempts: number;
  readonly nextAttempt: Date;
}

export interface SlotStatus {
  /** Null while there is none. */
  readonly plugin: PluginStatus | null;
  readonly failure: StartFailure | null;
  /** How often the plugin was replaced. */
  readonly swaps: number;
  /** Modules of which an earlier version stays in the host's memory, because ESM cannot be unloaded. */
  readonly reimports: number;
}

export interface SlotOptions<T extends object> {
  /** The first plugin, and the defaults of those that follow; without a path the slot is empty at first. */
  readonly plugin: Omit<PluginOptions, 'path' | 'signal'> & { readonly path?: string | undefined };
  /** Serves while the slot is empty. @default none: needs a path and a plugin that is required */
  readonly fallback?: T | undefined;
  /** Whether a first plugin that cannot start fails `open`; else it is tried again until it is live. @default true */
  readonly required?: boolean | undefined;
  /** Aborted by an application that gives up on its own start: `open` rejects with the reason, or the slot closes. @default never */
  readonly signal?: AbortSignal | undefined;
  /**
   * Told of each plugin that became live, and of each start that failed and will be tried again. What they throw is logged
   * and changes nothing.
   */
  readonly onLive?: (status: PluginStatus) => void;
  readonly onFailure?: (failure: StartFailure) => void;
}

export class PluginSlot<T extends object> {
  /** Stays the same whichever plugin is live. Optional methods of the contract come and go with the plugin. */
  readonly proxy: T;
  private current: OpenPlugin<T> | undefined;
  private failure: StartFailure | null = null;
  private swaps = 0;
  /** Starts, swaps and the ends of what was replaced come one after the other. Never rejects. */
  private turn: Promise<unknown> = Promise.resolve();
  private retry: NodeJS.Timeout | undefined;
  private readonly delays = new RestartDelays();
  /** Aborted when the slot is sealed. */
  private readonly life = new AbortController();
  private readonly log: PluginLogger;

  private constructor(
    private readonly contract: Contract<T>,
    private readonly options: SlotOptions<T>,
  ) {
    this.proxy = forwarding(contract, () => this.current?.proxy ?? options.fallback ?? {});
    this.log = guardedLogger(options.plugin.logger);
  }

  /**
   * @throws PluginError when the first plugin cannot be opened and is required; PLUGIN_OPTION_INVALID; PLUGIN_PATH_INVALID when the
   * slot would be empty without a fallback
   * @throws the reason of the option `signal`, when that was aborted
   */
  static async open<T extends object>(contract: Contract<T>, options: SlotOptions<T>): Promise<PluginSlot<T>> {
    const slot = new PluginSlot(contract, options);
    const { path } = options.plugin;
    const { signal } = options;
    fillOptions({ ...options.plugin, path: path ?? '' });
    if (options.fallback === undefined) refuseEmpty(contract.kind, options);
    signal?.throwIfAborted();
    signal?.addEventListener('abort', () => void slot.giveUp(signal.reason), { signal: slot.life.signal });
    try {
      if (path !== undefined && path !== '') await slot.start(path);
      signal?.throwIfAborted();
    } catch (error) {
      slot.seal();
      throw error;
    }
    return slot;
  }

  /** Whether the fallback serves. */
  get isEmpty(): boolean {
    return this.current === undefined;
  }

  status(): SlotStatus {
    const { failure, swaps } = this;
    return { plugin: this.current?.status() ?? null, failure, swaps, reimports: reimports() };
  }

  /** Asks the plugin whether it is of use; null when there is none. See {@link OpenPlugin.ping}. */
  async ping(): Promise<PluginState | null> {
    return (await this.current?.ping()) ?? null;
  }

  /**
   * Opens another plugin beside the one that serves, and puts it into its place when it is live and of use; then the old one
   * answers its calls in flight and is closed. Whatever fails, the old one goes on. Swaps wait for each other.
   *
   * @returns the status of the new one, as soon as it serves
   * @throws PluginError that of the start; PLUGIN_NOT_USABLE when its ping fails; PLUGIN_CLOSED when the slot is being closed
   */
  async swap(change: SwapOptions): Promise<PluginStatus> {
    const swapped = Promise.withResolvers<PluginStatus>();
    this.turn = this.turn.then(async () => {
      try {
        const opened = await this.openUsable(change);
        const old = this.current;
        await this.moveTo(opened);
        this.swaps++;
        swapped.resolve(opened.status());
        await this.end(old);
      } catch (error) {
        swapped.reject(this.isSealed ? closed(change.path) : error);
      }
    });
    return await swapped.promise;
  }

  /** Refuses further swaps, and ends the start that is under way: a swap rejects with PLUGIN_CLOSED. */
  seal(): void {
    this.life.abort(closed(this.options.plugin.path ?? ''));
    this.giveUpRetry();
  }

  /**
   * Closes the plugin, see {@link OpenPlugin.close}, and at the same time what is left of another one: of a start that was
   * ended, or one that was replaced. So it takes at most one `closeTimeoutMs`.
   */
  async close(): Promise<void> {
    this.seal();
    try {
      await this.current?.close();
    } finally {
      await this.turn;
    }
  }

  private get isSealed(): boolean {
    return this.life.signal.aborted;
  }

  private async openUsable(change: SwapOptions): Promise<OpenPlugin<T>> {
    const { integrity: _, ...defaults } = this.options.plugin;
    const { accept, ...wanted } = change;
    const settingNames = settingNamesOfSwap(change, defaults.settingNames);
    const next = await this.openAt(change.path, { ...defaults, ...given(wanted), settingNames });
    const { state, error, path } = next.status();
    try {
      accept?.(next.status());
    } catch (refusal) {
      await this.end(next);
      throw refusal;
    }
    if (state === 'live') return next;
    await this.end(next);
    throw new PluginError('PLUGIN_NOT_USABLE', {
      path,
      found: `it ${state} (${error?.message ?? 'without a reason'})`,
      wanted: 'a plugin whose ping succeeds',
      fix: 'see what its back end does, then swap again',
    });
  }

  private async openAt(path: string, options: Omit<PluginOptions, 'path' | 'signal'>): Promise<OpenPlugin<T>> {
    return await openPlugin(this.contract, { ...options, path, signal: this.life.signal });
  }

  /** Moves the pointer, unless the slot was sealed while the plugin started. */
  private async moveTo(next: OpenPlugin<T>): Promise<void> {
    if (this.isSealed) {
      await this.end(next);
      throw this.life.signal.reason;
    }
    this.current = next;
    this.giveUpRetry();
    this.tell(this.options.onLive, next.status());
  }

  /** The first start, and each later one of a plugin that is not required. */
  private async start(path: string): Promise<void> {
    try {
      await this.moveTo(await this.openAt(path, this.options.plugin));
    } catch (error) {
      if ((this.options.required ?? true) || this.isSealed || !isWorthARetry(error)) throw error;
      const delayMs = Math.round(this.delays.next());
      const attempts = (this.failure?.attempts ?? 0) + 1;
      this.failure = { error, attempts, nextAttempt: new Date(Date.now() + delayMs) };
      this.retry = setTimeout(() => this.startAgain(path), delayMs).unref();
      this.tell(this.options.onFailure, this.failure);
    }
  }

  private startAgain(path: string): void {
    this.turn = this.turn.then(async () => {
      if (this.isSealed || this.current !== undefined) return;
      await this.start(path).catch((error: unknown) => {
        if (!this.isSealed) this.log.error('plugin not tried again', { error: reasonOf(error) });
      });
    });
  }

  private giveUpRetry(): void {
    clearTimeout(this.retry);
    this.failure = null;
  }

  private async end(plugin: OpenPlugin<T> | undefined): Promise<void> {
    try {
      await plugin?.close();
    } catch (error) {
      this.log.warn('replaced plugin not closed', { error: reasonOf(error) });
    }
  }

  private async giveUp(reason: unknown): Promise<void> {
    this.life.abort(reason);
    this.giveUpRetry();
    await this.end(this.current);
  }

  private tell<Event>(listener: ((event: Event) => void) | undefined, event: Event): void {
    void callSafely(
      () => listener?.(event),
      (error) => this.log.error('a listener of the plugin slot failed', { error: reasonOf(error) }),
    );
  }
}

/** A wrong option stays wrong, and so does what is no failure of the plugin. */
function isWorthARetry(error: unknown): error is PluginError {
  return isPluginError(error) && error.code !== 'PLUGIN_OPTION_INVALID';
}

function refuseEmpty(kind: string, { plugin, required }: Pick<SlotOptions<object>, 'plugin' | 'required'>): void {
  const { path = '', settingNames } = plugin;
  if (path !== '' && (required ?? true)) return;
  throw new PluginError('PLUGIN_PATH_INVALID', {
    path,
    found:
      path === '' ? `no path of a ${kind} plugin, and no fallback` : 'a plugin that is not required, and no fallback',
    wanted: path === '' ? 'one of the two' : 'something that serves while it is not live',
    fix: `${path === '' ? `set ${settingNames?.path ?? 'the option path'}` : 'let it be required'}, or give a fallback`,
  });
}

function closed(path: string): PluginError {
  return new PluginError('PLUGIN_CLOSED', {
    path,
    found: 'a swap while the application shuts down',
    wanted: 'one before',
    fix: 'set the path for the next start',
  });
}

function given(change: Omit<SwapOptions, 'accept'>): Partial<PluginOptions> {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
}

function forwarding<T extends object>(contract: Contract<T>, target: () => object): T {
  const proxy = {};
  for (const [method, { optional }] of [...Object.entries(contract.methods), PING]) {
    const call = (...args: unknown[]): unknown =>
      (target() as Record<string, (...args: unknown[]) => unknown>)[method]?.(...args);
    const isThere = (): boolean => memberOf(target(), method) !== undefined;
    Object.defineProperty(
      proxy,
      method,
      optional === true
        ? { get: () => (isThere() ? call : undefined), enumerable: true }
        : { value: call, enumerable: true },
    );
  }
  return Object.freeze(proxy) as T;
}

const PING = ['ping', { optional: true }] as const;
