// From a path to a live plugin, and to its end.
import type { Contract } from '@pluggable/plugin-contract';
import { DeadlineExceeded, withDeadline } from './deadline.js';
import { GuardedCalls, proxyOf } from './guarded-calls.js';
import { launchInline, type LaunchedPlugin, type LaunchRequest } from './inline-launcher.js';
import { isPluginError, PluginError, reasonOf } from './plugin.error.js';
import { withoutSecrets } from './secrets.js';
import { locatePlugin, type PluginLocation } from './plugin-location.js';
import { fillOptions, type FilledPluginOptions, type PluginOptions } from './plugin-options.js';

/** `degraded`: live, but the last ping failed. */
export type PluginState = 'live' | 'degraded' | 'draining' | 'closed';

export interface PluginStatus {
  readonly path: string;
  readonly name: string;
  /** The plugin's own version; null when it has no manifest. */
  readonly version: string | null;
  readonly kind: string;
  /** The version of the contract. */
  readonly contract: number;
  readonly mode: 'inline';
  readonly state: PluginState;
  /** When the plugin became live. */
  readonly since: Date;
  /** Why the last ping failed; null when it did not. */
  readonly error: { readonly code: string; readonly message: string } | null;
  /** The plugin's variables, secrets masked. */
  readonly config: Readonly<Record<string, string>>;
}

export interface OpenPlugin<T extends object> {
  /**
   * The instance under guard: every call has a deadline and its answer is checked. Holds the methods of the contract that
   * the plugin has, but for lifecycle methods. A call that cannot be made rejects with a PluginError.
   */
  readonly proxy: T;
  status(): PluginStatus;
  /** Asks the plugin whether it is of use, and keeps the answer in the state. A plugin without `ping` always is. */
  ping(): Promise<PluginState>;
  /**
   * Refuses new calls, waits for those in flight, ends the instance. Closing again waits for the same end.
   * @throws PluginError PLUGIN_CLOSE_FAILED when the plugin's own close failed or took too long
   */
  close(): Promise<void>;
}

/**
 * Opens the plugin at a path:
 *
 * 1. locate: the path or `file:` URL names a file that can be read
 * 2. execute: the file is imported; ESM, CommonJS, or a nested `default`
 * 3. handshake: its manifest names this contract and its version
 * 4. configuration: the plugin's schema accepts the variables that the manifest names
 * 5. factory: called with a logger and a context, synchronous or not
 * 6. shape: what it returns has the methods of the contract
 * 7. ping: a failing one leaves the plugin live, but degraded
 *
 * A step that fails ends what earlier ones opened: the context's signal is aborted, and an instance that was made, even too
 * late, is closed. Code that blocks the thread cannot be stopped in this mode; the start limit does not reach it.
 *
 * @throws PluginError with one code for each way to fail
 */
export async function openPlugin<T extends object>(
  contract: Contract<T>,
  options: PluginOptions,
): Promise<OpenPlugin<T>> {
  const filled = fillOptions(options);
  const location = await locatePlugin(filled.path, filled.settingNames);
  const life = new AbortController();
  let discarded: Promise<unknown> | undefined;
  const onDiscard = (close: () => Promise<void>): void => {
    discarded = withDeadline(filled.closeTimeoutMs, close).catch(() => undefined);
  };
  let launched: LaunchedPlugin;
  try {
    launched = await launchInTime({ contract, location, options: filled, signal: life.signal, onDiscard });
  } catch (error) {
    life.abort(error);
    await discarded;
    throw error;
  }
  const plugin = new LivePlugin(contract, launched, location, filled, life);
  await plugin.ping();
  return plugin;
}

async function launchInTime(request: Omit<LaunchRequest, 'onStep'>): Promise<LaunchedPlugin> {
  const { location, options } = request;
  const { startTimeoutMs, settingNames } = options;
  let step = '';
  try {
    return await withDeadline(startTimeoutMs, () => launchInline({ ...request, onStep: (now) => (step = now) }));
  } catch (error) {
    if (!(error instanceof DeadlineExceeded)) throw error;
    throw new PluginError('PLUGIN_START_TIMEOUT', {
      path: location.path,
      found: `it not live after ${startTimeoutMs} ms, while ${step}`,
      wanted: 'a live plugin by then',
      fix: `see what it waits for, or raise ${settingNames.startTimeoutMs}`,
    });
  }
}

class LivePlugin<T extends object> implements OpenPlugin<T> {
  readonly proxy: T;
  private readonly calls: GuardedCalls;
  private readonly since = new Date();
  private state: PluginState = 'live';
  private pingError: PluginStatus['error'] = null;
  private closing: Promise<void> | undefined;

  constructor(
    private readonly contract: Contract<T>,
    private readonly launched: LaunchedPlugin,
    private readonly location: PluginLocation,
    private readonly options: FilledPluginOptions,
    private readonly life: AbortController,
  ) {
    this.calls = new GuardedCalls(launched.instance, contract.methods, {
      path: location.path,
      callTimeoutMs: options.callTimeoutMs,
      callTimeoutSetting: options.settingNames.callTimeoutMs,
      mask: launched.mask,
    });
    this.proxy = proxyOf(contract, this.calls);
  }

  status(): PluginStatus {
    const { contract, launched, location, state, since } = this;
    return {
      path: location.path,
      name: launched.name,
      version: launched.version ?? null,
      kind: contract.kind,
      contract: contract.version,
      mode: 'inline',
      state,
      since,
      error: this.pingError,
      config: launched.config,
    };
  }

  async ping(): Promise<PluginState> {
    if (!this.calls.has('ping')) return this.state;
    let error: PluginStatus['error'] = null;
    try {
      await this.calls.call('ping', []);
    } catch (cause) {
      if (!isPluginError(cause)) throw cause;
      error = { code: cause.code, message: cause.message };
    }
    if (this.state === 'live' || this.state === 'degraded') {
      this.state = error === null ? 'live' : 'degraded';
      this.pingError = error;
    }
    return this.state;
  }

  close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  private async end(): Promise<void> {
    const { closeTimeoutMs } = this.options;
    this.state = 'draining';
    await this.calls.drain();
    try {
      await withDeadline(closeTimeoutMs, () => this.launched.instance.close());
    } catch (cause) {
      throw new PluginError('PLUGIN_CLOSE_FAILED', {
        path: this.location.path,
        found: `close() failing (${this.launched.mask(reasonOf(cause))})`,
        wanted: `an end within ${closeTimeoutMs} ms`,
        fix: 'see the log of the plugin',
        cause: withoutSecrets(cause, this.launched.mask),
      });
    } finally {
      this.state = 'closed';
      this.life.abort();
    }
  }
}
