// A live plugin: its calls, state and close.
import type { Contract } from '@pluggable/contract';
import { AdaptedInstance } from './calls/adapted-instance.js';
import { longestTimeoutMs } from './calls/call-timeouts.js';
import { withDeadline } from './calls/deadline.js';
import type { CallCounts } from './calls/call-outcomes.js';
import { GuardedCalls, proxyOf } from './calls/guarded-calls.js';
import type { PluginInstance } from './calls/plugin-instance.js';
import { withoutSecrets } from './log/masked-error.js';
import { namedLogger } from './log/named-logger.js';
import type { LaunchedPlugin } from './open/launch.js';
import { type PluginIdentity, publishLifecycle } from './telemetry/channels.js';
import type { PluginSource } from './open/plugin-source.js';
import { isPluginError, PluginError, reasonOf } from './plugin.error.js';
import type { FilledPluginOptions, Isolation } from './plugin-options.js';

/**
 * State of an open plugin.
 *
 * - `live`: calls are made
 * - `degraded`: calls are made, but the last ping failed or a circuit breaker is open
 * - `restarting`: the worker or process has ended and will be started again
 * - `draining`: new calls are refused, calls in flight finish
 * - `closed`: the instance has ended
 */
export type PluginState = 'live' | 'degraded' | 'restarting' | 'draining' | 'closed';

/** Snapshot of an open plugin. Plain data; the values of secrets are masked. */
export interface PluginStatus {
  /** Absolute path of the plugin's file. */
  readonly path: string;
  /** Name in the manifest; without a manifest, the file name without its extension. */
  readonly name: string;
  /** Version of the plugin itself; null without a manifest. */
  readonly version: string | null;
  /** Kind of the contract. */
  readonly kind: string;
  /** Version of the contract that the plugin implements: the application's, or an older one that it accepts. */
  readonly contract: number;
  /** Where the plugin runs. */
  readonly isolation: Isolation;
  /** SHA-256 of the bytes that run, in the format of Subresource Integrity. */
  readonly hash: string;
  /** Current state. */
  readonly state: PluginState;
  /** Number of restarts of the worker or process. */
  readonly restarts: number;
  /** Time at which the plugin became live. */
  readonly since: Date;
  /** Methods whose circuit breaker is open: their calls are refused. */
  readonly openBreakers: readonly string[];
  /** Outcomes of the calls, by method, including `ping`. */
  readonly calls: Readonly<Record<string, CallCounts>>;
  /** The failure that explains a state other than `live`: of the last life, the last ping or the last call. Else null. */
  readonly error: PluginStatusError | null;
  /** The plugin's variables that are set; the values of secrets are masked. */
  readonly config: Readonly<Record<string, string>>;
  /** Names of all variables that the plugin reads, set or not. */
  readonly variables: readonly string[];
}

/** The failure in a {@link PluginStatus}. */
export interface PluginStatusError {
  /** Code of the PluginError. */
  readonly code: string;
  /** Message of the PluginError. */
  readonly message: string;
}

/** An open plugin. {@link openPlugin} returns it. */
export interface OpenPlugin<T extends object> {
  /**
   * The guarded instance: each call has a deadline, and its arguments and answer are checked. It has the contract methods that
   * the plugin implements, and `ping` if the plugin has one. A call rejects with a {@link DomainError} of the contract, a
   * {@link PluginError}, or the reason of the caller's own signal.
   */
  readonly proxy: T;
  /** Returns a snapshot of the plugin. */
  status(): PluginStatus;
  /** Calls the plugin's `ping` and updates the state. A plugin without `ping` is always usable. It never rejects: see
   * {@link PluginStatus.error}. */
  ping(): Promise<PluginState>;
  /**
   * Refuses new calls, waits for calls in flight, then closes the instance, all within `closeTimeoutMs`. Calls that are not
   * answered in the first half of that time reject with PLUGIN_CLOSED. Further calls of `close` return the same promise.
   * @throws PluginError PLUGIN_CLOSE_FAILED when the plugin's own close failed or took too long
   */
  close(): Promise<void>;
}

export class LivePlugin<T extends object> implements OpenPlugin<T> {
  readonly proxy: T;
  private readonly calls: GuardedCalls;
  private readonly since = new Date();
  private state: PluginState = 'live';
  private lastPingError: PluginError | null = null;
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
      identity: this.identity,
      mask: launched.mask,
      log: namedLogger(options.logger, launched.name, launched.mask),
    });
    this.proxy = proxyOf(this.calls) as T;
  }

  private get identity(): PluginIdentity {
    const { name, version } = this.launched;
    return {
      contract: this.contract.kind,
      plugin: name,
      version: version ?? null,
      isolation: this.options.isolation,
    };
  }

  /** Tells the telemetry. */
  publish(event: 'opened' | 'swapped' | 'closed'): void {
    publishLifecycle(this.identity, event, { path: this.source.path });
  }

  /** Returns the instance, behind an adapter if it implements an older contract version. */
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
    const openBreakers = this.calls.openBreakers();
    const { state, failure } = this.condition(openBreakers);
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
      openBreakers: [...openBreakers.keys()],
      calls: this.calls.counts(),
      error: failure && { code: failure.code, message: failure.message },
      config: launched.config,
      variables: launched.variables,
    };
  }

  /** The failure behind the `error` of the status. */
  failure(): PluginError | null {
    return this.condition(this.calls.openBreakers()).failure;
  }

  private condition(openBreakers: ReadonlyMap<string, unknown>): Condition {
    const { isUp, lastEnd } = this.launched.instance.health();
    if (!isUp && this.closing === undefined) return { state: 'restarting', failure: lastEnd };
    const [failure] = openBreakers.values();
    if (this.state === 'live' && failure !== undefined) {
      return { state: 'degraded', failure: isPluginError(failure) ? failure : null };
    }
    return { state: this.state, failure: this.lastPingError };
  }

  async ping(signal?: AbortSignal): Promise<PluginState> {
    if (!this.calls.has('ping')) return this.status().state;
    let error: PluginError | null = null;
    try {
      await this.calls.call('ping', signal === undefined ? [] : [{ signal }]);
    } catch (cause) {
      // The aborted start closes the plugin.
      if (signal?.aborted) return this.status().state;
      if (!isPluginError(cause)) throw cause;
      error = cause;
    }
    // An instance that is down reports `restarting`; its next life starts as `live`.
    const { isUp } = this.launched.instance.health();
    if (isUp && (this.state === 'live' || this.state === 'degraded')) {
      this.state = error === null ? 'live' : 'degraded';
      this.lastPingError = error;
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
        found: `a close() that failed (${this.launched.mask(reasonOf(cause))})`,
        wanted: `a close() that succeeds within ${closeTimeoutMs} ms`,
        fix: 'see the log of the plugin',
        cause: withoutSecrets(cause, this.launched.mask),
      });
    } finally {
      await this.launched.instance.terminate();
      this.state = 'closed';
      this.publish('closed');
      this.life.abort();
    }
  }
}

interface Condition {
  readonly state: PluginState;
  readonly failure: PluginError | null;
}
