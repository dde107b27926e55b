// A plugin that is live: its calls, its state, its end.
import type { Contract } from '@pluggable/contract';
import { AdaptedInstance } from './calls/adapted-instance.js';
import { longestTimeoutMs } from './calls/call-timeouts.js';
import { withDeadline } from './calls/deadline.js';
import { type CallCounts, GuardedCalls, proxyOf } from './calls/guarded-calls.js';
import type { PluginInstance } from './calls/plugin-instance.js';
import { withoutSecrets } from './log/masked-error.js';
import { namedLogger } from './log/named-logger.js';
import type { LaunchedPlugin } from './open/launch.js';
import type { PluginSource } from './open/plugin-source.js';
import { isPluginError, PluginError, reasonOf } from './plugin.error.js';
import type { FilledPluginOptions, Isolation } from './plugin-options.js';

/** `degraded`: live, but the last ping failed, or a breaker is open. `restarting`: an isolated plugin has ended and will be started again. */
export type PluginState = 'live' | 'degraded' | 'restarting' | 'draining' | 'closed';

export interface PluginStatus {
  readonly path: string;
  readonly name: string;
  /** The plugin's own version; null when it has no manifest. */
  readonly version: string | null;
  readonly kind: string;
  /** The version of the contract that the plugin speaks: that of the application, or an older one that it accepts. */
  readonly contract: number;
  readonly isolation: Isolation;
  /** SHA-256 of the bytes that run, as in Subresource Integrity. */
  readonly hash: string;
  readonly state: PluginState;
  /** How often an isolated plugin was started again. */
  readonly restarts: number;
  /** When the plugin became live. */
  readonly since: Date;
  /** The methods that are not called for now, because their calls fail. */
  readonly openBreakers: readonly string[];
  /** How the calls of each method ended, those of `ping` too. */
  readonly calls: Readonly<Record<string, CallCounts>>;
  /** Why it is not live: how it ended, how the last ping failed, or how the calls do. Null when it is. */
  readonly error: { readonly code: string; readonly message: string } | null;
  /** The plugin's variables, secrets masked. */
  readonly config: Readonly<Record<string, string>>;
  /** The names of all variables that the plugin reads, set or not. */
  readonly variables: readonly string[];
}

export interface OpenPlugin<T extends object> {
  /**
   * The instance under guard: every call has a deadline, what it takes and answers is checked. Holds the methods of the contract
   * that the plugin has, and `ping` where it has one. A rejection is a domain error of the contract, or a PluginError.
   */
  readonly proxy: T;
  status(): PluginStatus;
  /** Asks the plugin whether it is of use, and keeps the answer in the state. A plugin without `ping` always is. */
  ping(): Promise<PluginState>;
  /**
   * Refuses new calls, waits for those in flight, ends the instance; all that within `closeTimeoutMs`. Calls that are not
   * answered in the first half of it reject with PLUGIN_CLOSED. Closing again waits for the same end.
   * @throws PluginError PLUGIN_CLOSE_FAILED when the plugin's own close failed or took too long
   */
  close(): Promise<void>;
}

export class LivePlugin<T extends object> implements OpenPlugin<T> {
  readonly proxy: T;
  private readonly calls: GuardedCalls;
  private readonly since = new Date();
  private state: PluginState = 'live';
  private error: PluginStatus['error'] = null;
  private closing: Promise<void> | undefined;

  constructor(
    private readonly contract: Contract<T>,
    private readonly launched: LaunchedPlugin,
    private readonly source: PluginSource,
    private readonly options: FilledPluginOptions,
    private readonly life: AbortController,
  ) {
    this.calls = new GuardedCalls(this.adapted(), contract, {
      path: source.path,
      callTimeoutMs: options.callTimeoutMs,
      callTimeoutSetting: options.settingNames.callTimeoutMs,
      maxCallsInFlight: options.maxCallsInFlight,
      mask: launched.mask,
      log: namedLogger(options.logger, launched.name, launched.mask),
    });
    this.proxy = proxyOf(this.calls) as T;
  }

  /** The instance itself, or behind the adapter when it speaks an older version of the contract. */
  private adapted(): PluginInstance {
    const { contract, launched, options, source } = this;
    if (launched.contract === contract.version) return launched.instance;
    const adapter = contract.accepts?.find(({ from }) => from.version === launched.contract);
    if (adapter === undefined) return launched.instance;
    const longestCallMs = longestTimeoutMs(contract, options.callTimeoutMs);
    return new AdaptedInstance(launched.instance, adapter, contract, {
      path: source.path,
      mask: launched.mask,
      callTimeoutSetting: options.settingNames.callTimeoutMs,
      longestCallMs,
    });
  }

  status(): PluginStatus {
    const { contract, launched, source, since } = this;
    const { restarts } = launched.instance.health();
    const notCalled = this.calls.notCalled();
    const { state, error } = this.condition(notCalled);
    return {
      path: source.path,
      name: launched.name,
      version: launched.version ?? null,
      kind: contract.kind,
      contract: launched.contract,
      isolation: this.options.isolation,
      hash: source.hash,
      state,
      restarts,
      since,
      openBreakers: [...notCalled.keys()],
      calls: this.calls.counts(),
      error,
      config: launched.config,
      variables: launched.variables,
    };
  }

  private condition(notCalled: ReadonlyMap<string, unknown>): Pick<PluginStatus, 'state' | 'error'> {
    const { isUp, lastEnd } = this.launched.instance.health();
    if (!isUp && this.closing === undefined) return { state: 'restarting', error: shown(lastEnd) };
    const [failure] = notCalled.values();
    if (this.state === 'live' && failure !== undefined) return { state: 'degraded', error: shown(failure) };
    return { state: this.state, error: this.error };
  }

  async ping(signal?: AbortSignal): Promise<PluginState> {
    if (!this.calls.has('ping')) return this.status().state;
    let error: PluginStatus['error'] = null;
    try {
      await this.calls.call('ping', signal === undefined ? [] : [{ signal }]);
    } catch (cause) {
      // Who gave up on the start closes the plugin.
      if (signal?.aborted) return this.status().state;
      if (!isPluginError(cause)) throw cause;
      error = shown(cause);
    }
    // What is down says so by itself; its next life begins as a live one.
    const { isUp } = this.launched.instance.health();
    if (isUp && (this.state === 'live' || this.state === 'degraded')) {
      this.state = error === null ? 'live' : 'degraded';
      this.error = error;
    }
    return this.status().state;
  }

  close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  private async end(): Promise<void> {
    const { closeTimeoutMs } = this.options;
    this.state = 'draining';
    try {
      await withDeadline(closeTimeoutMs, async () => {
        await this.calls.drain(closeTimeoutMs / 2);
        await this.launched.instance.close();
      });
    } catch (cause) {
      throw new PluginError('PLUGIN_CLOSE_FAILED', {
        path: this.source.path,
        found: `close() failing (${this.launched.mask(reasonOf(cause))})`,
        wanted: `an end within ${closeTimeoutMs} ms`,
        fix: 'see the log of the plugin',
        cause: withoutSecrets(cause, this.launched.mask),
      });
    } finally {
      await this.launched.instance.terminate();
      this.state = 'closed';
      this.life.abort();
    }
  }
}

function shown(error: unknown): PluginStatus['error'] {
  return isPluginError(error) ? { code: error.code, message: error.message } : null;
}
