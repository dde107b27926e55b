// From a path to a live plugin, and to its end.
import type { Contract } from '@pluggable/contract';
import { untilAborted, withDeadline } from './calls/deadline.js';
import { AdaptedInstance } from './calls/adapted-instance.js';
import { longestTimeoutMs, refuseUnknownMethods } from './calls/call-timeouts.js';
import { type CallCounts, GuardedCalls, proxyOf } from './calls/guarded-calls.js';
import type { PluginInstance } from './calls/plugin-instance.js';
import { launchIsolated } from './isolation/isolated-launcher.js';
import { launch, type LaunchedPlugin, type LaunchRequest } from './open/launch.js';
import { namedLogger } from './log/named-logger.js';
import { type Environment, environmentOf } from './open/plugin-configuration.js';
import { isPluginError, PluginError, reasonOf } from './plugin.error.js';
import { withoutSecrets } from './log/secrets.js';
import type { FilledManifest } from './open/plugin-manifest.js';
import { shapesOf } from './open/contract-shape.js';
import { locatePlugin } from './open/plugin-location.js';
import { fillOptions, type FilledPluginOptions, type PluginMode, type PluginOptions } from './plugin-options.js';
import { type PluginSource, readPlugin } from './open/plugin-source.js';
import { type LimitedStart, withinStartLimit } from './open/start-limit.js';

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
  readonly mode: PluginMode;
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

/**
 * Opens the plugin at a path:
 *
 * 1. locate: the path or `file:` URL names a file that can be read, in the folder from which it may come
 * 2. read and verify: its bytes, once; they have the hash that is wanted
 * 3. execute: those bytes are imported; ESM, CommonJS, or a nested `default`
 * 4. handshake: its manifest names this contract and its version, and no variable of the application
 * 5. configuration: the plugin's schema accepts the variables that the manifest names
 * 6. factory: called with a logger and a context, synchronous or not
 * 7. shape: what it returns has the methods of the contract
 * 8. ping: one that rejects, or takes longer than a call may, leaves the plugin live, but degraded
 *
 * From step 3 on it runs where `isolation` says. All steps together have the start limit; the error names the one that took
 * too long, also when that is the ping. The option `signal` ends the start in every step.
 *
 * A step that fails ends what earlier ones opened: the context's signal is aborted, and an instance that was made, even too
 * late, is closed. Code that blocks the host's own thread cannot be stopped; the start limit does not reach it.
 *
 * @throws PluginError with one code for each way to fail
 * @throws TypeError, RangeError when the contract or an option is wrong, or an adapter gives no such method
 * @throws the reason of the option `signal`, when that was aborted
 */
export async function openPlugin<T extends object>(
  contract: Contract<T>,
  options: PluginOptions,
): Promise<OpenPlugin<T>> {
  const filled = fillOptions(options);
  const contracts = shapesOf(contract);
  refuseUnknownMethods(contract, filled.callTimeoutMs);
  const life = new AbortController();
  const discarded: Promise<unknown>[] = [];
  const discard = (close: () => Promise<unknown>): void =>
    void discarded.push(withDeadline(filled.closeTimeoutMs, close).catch(() => undefined));
  let opening: Promise<OpenPlugin<T>> | undefined;
  try {
    return await withinStartLimit(
      filled.path,
      filled,
      ({ onStep }) => (opening = openInSteps(contract, filled, { contracts, life, onStep, onDiscard: discard })),
      filled.signal,
    );
  } catch (error) {
    life.abort(error);
    // It may have become live at the last moment. Else this waits until an isolated one has ended.
    discard(async () => await (await opening)?.close());
    await Promise.all(discarded);
    throw error;
  }
}

interface Start extends Pick<LimitedStart, 'onStep'>, Pick<LaunchRequest, 'contracts' | 'onDiscard'> {
  readonly life: AbortController;
}

async function openInSteps<T extends object>(
  contract: Contract<T>,
  options: FilledPluginOptions,
  { contracts, life, onStep, onDiscard }: Start,
): Promise<OpenPlugin<T>> {
  const { signal } = life;
  onStep('its file was looked for');
  const location = await untilAborted(locatePlugin(options), signal);
  onStep('its file was read', location.path);
  const source = await untilAborted(readPlugin(location, options.integrity, options.settingNames), signal);
  const callTimeoutMs = longestTimeoutMs(contract, options.callTimeoutMs);
  const request = { contracts, source, options: { ...options, callTimeoutMs }, signal, onStep };
  const environment = (manifest: FilledManifest): Environment => environmentOf(source.path, manifest, options);
  const launched = await (options.isolation === 'inline'
    ? launch({ ...request, onDiscard, environment })
    : launchIsolated({ ...request, mode: options.isolation }));
  let plugin: LivePlugin<T>;
  try {
    plugin = new LivePlugin(contract, launched, source, options, life);
  } catch (error) {
    // An adapter of the application threw.
    onDiscard(async () => await end(launched.instance));
    throw error;
  }
  onStep('its ping ran');
  await plugin.ping(signal);
  return plugin;
}

class LivePlugin<T extends object> implements OpenPlugin<T> {
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
      mode: this.options.isolation,
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

async function end(instance: PluginInstance): Promise<void> {
  try {
    await instance.close();
  } finally {
    await instance.terminate();
  }
}

function shown(error: unknown): PluginStatus['error'] {
  return isPluginError(error) ? { code: error.code, message: error.message } : null;
}
