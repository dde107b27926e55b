// A slot that holds one live plugin at a time. A swap replaces the plugin; the slot's proxy stays the same.
import type { Contract, PluginLogger } from '@pluggable/contract';
import { reimports } from './open/module-hooks.js';
import type { LivePlugin, PluginState, PluginStatus } from './live-plugin.js';
import { openLivePlugin } from './plugin-host.js';
import { forwarding } from './calls/forwarding.js';
import { fillOptions, type PluginOptions, settingNamesOfSwap } from './plugin-options.js';
import { isPluginError, PluginError, reasonOf } from './plugin.error.js';
import {
  refuseEmpty,
  type SlotOptions,
  type SlotStatus,
  type StartFailure,
  type SwapOptions,
} from './plugin-slot-options.js';
import { RestartDelays } from './restart-delays.js';
import { callSafely, guardedLogger } from './guarded-logger.js';

/**
 * Holds one live plugin at a time, and replaces it without a gap. Create it with {@link PluginSlot.open}.
 *
 * @example
 * const slot = await PluginSlot.open(MAILER, { plugin: { path: 'plugins/smtp.mjs' } });
 * const mailer = slot.proxy;
 * await slot.swap({ path: 'plugins/ses.mjs' });
 * await slot.close();
 */
export class PluginSlot<T extends object> {
  /** Forwards each call to the live plugin or the fallback. It has an optional method while the live plugin has it. */
  readonly proxy: T;
  private current: LivePlugin<T> | undefined;
  private failure: StartFailure | null = null;
  private swaps = 0;
  /** Queue of starts, swaps and closes of replaced plugins. Never rejects. */
  private turn: Promise<unknown> = Promise.resolve();
  private retry: NodeJS.Timeout | undefined;
  private readonly delays = new RestartDelays();
  /** Aborted by `seal`. */
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
   * Opens the first plugin and resolves when it is live, or when it is not required and its first start failed.
   * @throws PluginError of {@link openPlugin} when the plugin is required and cannot start; PLUGIN_OPTION_INVALID;
   * PLUGIN_PATH_INVALID when the slot can be empty and has no fallback
   * @throws the reason of the option `signal`, when it is aborted
   */
  static async open<T extends object>(contract: Contract<T>, options: SlotOptions<T>): Promise<PluginSlot<T>> {
    const slot = new PluginSlot(contract, options);
    const { path } = options.plugin;
    const { signal } = options;
    fillOptions({ ...options.plugin, path: path ?? '' });
    if (options.fallback === undefined) refuseEmpty(contract.kind, options);
    signal?.throwIfAborted();
    const onAbort = (): void => void slot.giveUp(signal?.reason);
    signal?.addEventListener('abort', onAbort);
    // Some versions of Node.js forget the option `signal` of a listener at a garbage collection.
    slot.life.signal.addEventListener('abort', () => signal?.removeEventListener('abort', onAbort));
    try {
      if (path !== undefined && path !== '') await slot.start(path);
      signal?.throwIfAborted();
    } catch (error) {
      slot.seal();
      throw error;
    }
    return slot;
  }

  /** Whether no plugin is live, so that the fallback serves. */
  get isEmpty(): boolean {
    return this.current === undefined;
  }

  /** Returns a snapshot of the slot. */
  status(): SlotStatus {
    const { failure, swaps } = this;
    return { plugin: this.current?.status() ?? null, failure, swaps, reimports: reimports() };
  }

  /** Pings the live plugin, see {@link OpenPlugin.ping}. Resolves with null while the slot is empty. It never rejects. */
  async ping(): Promise<PluginState | null> {
    return (await this.current?.ping()) ?? null;
  }

  /**
   * Opens a new plugin next to the live one. When the new plugin is live and its ping has succeeded, it replaces the old one;
   * the old one answers its calls in flight and is closed. If anything fails, the old plugin stays. Concurrent swaps run one
   * after the other.
   *
   * @returns the status of the new plugin, as soon as it serves
   * @throws PluginError of {@link openPlugin}; PLUGIN_NOT_USABLE when its ping fails; PLUGIN_CLOSED when the slot is closing
   */
  async swap(change: SwapOptions): Promise<PluginStatus> {
    const swapped = Promise.withResolvers<PluginStatus>();
    this.turn = this.turn.then(async () => {
      try {
        const opened = await this.openUsable(change);
        const old = this.current;
        await this.moveTo(opened);
        this.swaps++;
        opened.publish('swapped');
        swapped.resolve(opened.status());
        await this.end(old);
      } catch (error) {
        swapped.reject(this.isSealed ? closed(change.path) : error);
      }
    });
    return await swapped.promise;
  }

  /** Refuses further swaps and ends a start in progress. A swap in progress rejects with PLUGIN_CLOSED. */
  seal(): void {
    this.life.abort(closed(this.options.plugin.path ?? ''));
    this.giveUpRetry();
  }

  /**
   * Closes the live plugin, see {@link OpenPlugin.close}, and in parallel a replaced one or one whose start was ended. Takes at
   * most one `closeTimeoutMs`.
   * @throws PluginError PLUGIN_CLOSE_FAILED when the close of the live plugin failed or took too long
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

  private async openUsable(change: SwapOptions): Promise<LivePlugin<T>> {
    const { integrity: _, ...defaults } = this.options.plugin;
    const { accept, ...wanted } = change;
    const settingNames = settingNamesOfSwap(change, defaults.settingNames);
    const next = await this.openAt(change.path, { ...defaults, ...given(wanted), settingNames });
    const { state, path } = next.status();
    try {
      accept?.(next.status());
    } catch (refusal) {
      await this.end(next);
      throw refusal;
    }
    if (state === 'live') return next;
    const failure = next.failure();
    await this.end(next);
    throw new PluginError('PLUGIN_NOT_USABLE', {
      path,
      found: failure?.found ?? `the state ${state} after its start`,
      wanted: 'a plugin whose ping succeeds',
      fix: 'check its back end, then swap again',
    });
  }

  private async openAt(path: string, options: Omit<PluginOptions, 'path' | 'signal'>): Promise<LivePlugin<T>> {
    return await openLivePlugin(this.contract, { ...options, path, signal: this.life.signal });
  }

  /** Moves the pointer, unless the slot was sealed while the plugin started. */
  private async moveTo(next: LivePlugin<T>): Promise<void> {
    if (this.isSealed) {
      await this.end(next);
      throw this.life.signal.reason;
    }
    this.current = next;
    this.giveUpRetry();
    this.notify(this.options.onLive, next.status());
  }

  /** Starts the first plugin, and retries it if it is not required. */
  private async start(path: string): Promise<void> {
    try {
      await this.moveTo(await this.openAt(path, this.options.plugin));
    } catch (error) {
      if ((this.options.required ?? true) || this.isSealed || !isRetryable(error)) throw error;
      const delayMs = Math.round(this.delays.next());
      const attempts = (this.failure?.attempts ?? 0) + 1;
      this.failure = { error, attempts, nextAttempt: new Date(Date.now() + delayMs) };
      this.retry = setTimeout(() => this.startAgain(path), delayMs).unref();
      this.notify(this.options.onFailure, this.failure);
    }
  }

  private startAgain(path: string): void {
    this.turn = this.turn.then(async () => {
      if (this.isSealed || this.current !== undefined) return;
      await this.start(path).catch((error: unknown) => {
        if (!this.isSealed) this.log.error('start of the plugin not retried', { error: reasonOf(error) });
      });
    });
  }

  private giveUpRetry(): void {
    clearTimeout(this.retry);
    this.failure = null;
  }

  private async end(plugin: LivePlugin<T> | undefined): Promise<void> {
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

  private notify<Event>(listener: ((event: Event) => void) | undefined, event: Event): void {
    void callSafely(
      () => listener?.(event),
      (error) => this.log.error('listener of the plugin slot failed', { error: reasonOf(error) }),
    );
  }
}

/** An invalid option stays invalid, and an error of another class is not a failure of the plugin. */
function isRetryable(error: unknown): error is PluginError {
  return isPluginError(error) && error.code !== 'PLUGIN_OPTION_INVALID';
}

function closed(path: string): PluginError {
  return new PluginError('PLUGIN_CLOSED', {
    path,
    found: 'a swap while the application shuts down',
    wanted: 'a swap before the shutdown',
    fix: 'set the path for the next start',
  });
}

function given(change: Omit<SwapOptions, 'accept'>): Partial<PluginOptions> {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
}
