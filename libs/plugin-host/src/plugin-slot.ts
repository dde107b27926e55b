// A place that one plugin after another fills while the application runs: where a swap moves the pointer.
import type { Contract, MethodRule } from '@pluggable/plugin-contract';
import { reimports } from './module-hooks.js';
import { type OpenPlugin, openPlugin, type PluginState, type PluginStatus } from './plugin-host.js';
import type { PluginOptions } from './plugin-options.js';
import { PluginError, reasonOf } from './plugin.error.js';
import { RestartDelays } from './restart-delays.js';

/** What another plugin is loaded with; the rest is as the slot was opened. */
export interface SwapOptions extends Pick<PluginOptions, 'path' | 'factoryName' | 'integrity' | 'isolation'> {
  /** The only folder from which it may come. @default any */
  readonly directory?: string | undefined;
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
  readonly plugin: Omit<PluginOptions, 'path' | 'directory'> & { readonly path?: string | undefined };
  /** Serves while the slot is empty. */
  readonly fallback: T;
  /** Whether a first plugin that cannot start fails `open`; else it is tried again until it is live. @default true */
  readonly required?: boolean | undefined;
  /** Told of each plugin that became live, and of each start that failed and will be tried again. */
  readonly onLive?: (status: PluginStatus) => void;
  readonly onFailure?: (failure: StartFailure) => void;
}

export class PluginSlot<T extends object> {
  /** Stays the same whichever plugin is live. Optional methods of the contract come and go with the plugin. */
  readonly proxy: T;
  private current: OpenPlugin<T> | undefined;
  private failure: StartFailure | null = null;
  private swaps = 0;
  /** Starts, swaps and the ends of what was replaced come one after the other. */
  private turn: Promise<unknown> = Promise.resolve();
  private retry: NodeJS.Timeout | undefined;
  private isClosing = false;
  private readonly delays = new RestartDelays();

  private constructor(
    private readonly contract: Contract<T>,
    private readonly options: SlotOptions<T>,
  ) {
    this.proxy = forwarding(contract, () => this.current?.proxy ?? options.fallback);
  }

  /** @throws PluginError when the first plugin cannot be opened and is required */
  static async open<T extends object>(contract: Contract<T>, options: SlotOptions<T>): Promise<PluginSlot<T>> {
    const slot = new PluginSlot(contract, options);
    const { path } = options.plugin;
    if (path !== undefined && path !== '') await slot.start(path, options.required ?? true);
    return slot;
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
        const next = await this.openUsable(change);
        const old = this.current;
        this.current = next;
        this.swaps++;
        this.giveUpRetry();
        swapped.resolve(next.status());
        this.options.onLive?.(next.status());
        await this.end(old);
      } catch (error) {
        swapped.reject(error);
      }
    });
    return await swapped.promise;
  }

  /** Refuses further swaps. */
  seal(): void {
    this.isClosing = true;
    this.giveUpRetry();
  }

  /** Closes the plugin, see {@link OpenPlugin.close}. */
  async close(): Promise<void> {
    this.seal();
    await this.turn;
    await this.current?.close();
  }

  private async openUsable(change: SwapOptions): Promise<OpenPlugin<T>> {
    this.refuseWhenClosing(change.path);
    const { integrity: _, ...defaults } = this.options.plugin;
    const next = await openPlugin(this.contract, { ...defaults, ...given(change), path: change.path });
    try {
      this.refuseWhenClosing(change.path);
      const { state, error, path } = next.status();
      if (state !== 'live') {
        throw new PluginError('PLUGIN_NOT_USABLE', {
          path,
          found: `it ${state} (${error?.message ?? 'without a reason'})`,
          wanted: 'a plugin whose ping succeeds',
          fix: 'see what its back end does, then swap again',
        });
      }
      return next;
    } catch (error) {
      await this.end(next);
      throw error;
    }
  }

  private async start(path: string, required: boolean): Promise<void> {
    try {
      this.current = await openPlugin(this.contract, { ...this.options.plugin, path });
      this.failure = null;
      this.options.onLive?.(this.current.status());
    } catch (error) {
      if (required || !(error instanceof PluginError)) throw error;
      const delayMs = Math.round(this.delays.next());
      const attempts = (this.failure?.attempts ?? 0) + 1;
      this.failure = { error, attempts, nextAttempt: new Date(Date.now() + delayMs) };
      this.options.onFailure?.(this.failure);
      this.retry = setTimeout(() => this.startAgain(path), delayMs).unref();
    }
  }

  private startAgain(path: string): void {
    this.turn = this.turn.then(async () => {
      if (this.isClosing || this.current !== undefined) return;
      await this.start(path, false);
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
      this.options.plugin.logger?.warn('replaced plugin not closed', { error: reasonOf(error) });
    }
  }

  private refuseWhenClosing(path: string): void {
    if (!this.isClosing) return;
    throw new PluginError('PLUGIN_CLOSED', {
      path,
      found: 'a swap while the application shuts down',
      wanted: 'one before',
      fix: 'set the path for the next start',
    });
  }
}

function given(change: SwapOptions): Partial<PluginOptions> {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
}

function forwarding<T extends object>(contract: Contract<T>, target: () => T): T {
  const proxy = {};
  for (const [method, rule] of Object.entries<MethodRule>(contract.methods)) {
    if (rule.lifecycle === true) continue;
    const call = (...args: unknown[]): unknown =>
      (target() as Record<string, (...args: unknown[]) => unknown>)[method]?.(...args);
    const isThere = (): boolean => Reflect.get(target(), method) !== undefined;
    Object.defineProperty(
      proxy,
      method,
      rule.optional === true
        ? { get: () => (isThere() ? call : undefined), enumerable: true }
        : { value: call, enumerable: true },
    );
  }
  return Object.freeze(proxy) as T;
}
