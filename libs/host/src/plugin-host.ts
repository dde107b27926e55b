// Opens a plugin: from a path to a live plugin.
import { parse } from 'node:path';
import type { Contract } from '@pluggable/contract';
import { longestTimeoutMs, refuseUnknownMethods } from './calls/call-timeouts.js';
import { untilAborted, withDeadline } from './calls/deadline.js';
import type { PluginInstance } from './calls/plugin-instance.js';
import { launchIsolated } from './isolation/isolated-launcher.js';
import { textCodeOf } from './foreign-error.js';
import { publishLifecycle } from './telemetry/channels.js';
import { LivePlugin, type OpenPlugin } from './live-plugin.js';
import { shapesOf } from './open/contract-shape.js';
import { launch, type LaunchRequest } from './open/launch.js';
import { type Environment, environmentOf } from './open/plugin-configuration.js';
import { refuseOldNode } from './open/supported-node.js';
import { locatePlugin } from './open/plugin-location.js';
import type { FilledManifest } from './open/plugin-manifest.js';
import { readPlugin } from './open/plugin-source.js';
import { type LimitedStart, withinStartLimit } from './open/start-limit.js';
import { fillOptions, type FilledPluginOptions, type PluginOptions } from './plugin-options.js';

/**
 * Opens the plugin at a path, in these steps:
 *
 * 1. locate: find a readable file, inside `directory` if set
 * 2. read and verify: read the bytes once and compare their hash with `integrity`
 * 3. execute: import these bytes as ESM or CommonJS
 * 4. handshake: compare kind and contract version of the manifest; refuse reserved variables
 * 5. configuration: validate the variables of the manifest by the plugin's schema
 * 6. factory: call it with a logger and a context
 * 7. shape: check that the instance has the methods of the contract
 * 8. ping: call `ping`; if it fails, the plugin is live, but `degraded`
 *
 * From step 3 on, the plugin runs in its `isolation`. `startTimeoutMs` limits all steps together; the error names the step that
 * took too long. The option `signal` ends the start in every step.
 *
 * A failed start releases everything that it opened: it aborts the context's signal and closes an instance, even one that the
 * factory returns too late. The start limit cannot stop inline code that blocks the thread.
 *
 * @param contract the contract that the plugin must implement
 * @param options `path` is required; see {@link PluginOptions} for the defaults
 * @throws PluginError: PLUGIN_OPTION_INVALID; locate: PLUGIN_PATH_INVALID, PLUGIN_NOT_FOUND, PLUGIN_NOT_A_FILE,
 * PLUGIN_NOT_READABLE, PLUGIN_OUTSIDE_DIRECTORY; verify: PLUGIN_INTEGRITY_INVALID, PLUGIN_INTEGRITY_MISMATCH; execute:
 * PLUGIN_NOT_LOADABLE, PLUGIN_NOT_ONE_FILE, PLUGIN_NO_FACTORY, PLUGIN_FACTORY_NOT_A_FUNCTION; handshake:
 * PLUGIN_MANIFEST_INVALID, PLUGIN_WRONG_KIND, PLUGIN_WRONG_CONTRACT_VERSION, PLUGIN_VARIABLE_RESERVED; configuration:
 * PLUGIN_CONFIG_INVALID; factory: PLUGIN_FACTORY_THREW, PLUGIN_FACTORY_REJECTED, PLUGIN_WRONG_SHAPE; any step:
 * PLUGIN_START_TIMEOUT; isolated: PLUGIN_SPAWN_FAILED, PLUGIN_MISBEHAVED
 * @throws TypeError when the contract is invalid, or an adapter lacks a method
 * @throws the reason of the option `signal`, when it is aborted
 * @example
 * const plugin = await openPlugin(MAILER, { path: 'plugins/smtp.mjs', isolation: 'worker' });
 * await plugin.proxy.send({ to: 'a@example.org', text: 'Hello' });
 * await plugin.close();
 */
export async function openPlugin<T extends object>(
  contract: Contract<T>,
  options: PluginOptions,
): Promise<OpenPlugin<T>> {
  return await openLivePlugin(contract, options);
}

/** {@link openPlugin}, for callers inside this package. */
export async function openLivePlugin<T extends object>(
  contract: Contract<T>,
  options: PluginOptions,
): Promise<LivePlugin<T>> {
  refuseOldNode(options.path);
  const filled = fillOptions(options);
  const contracts = shapesOf(contract);
  refuseUnknownMethods(contract, filled);
  const life = new AbortController();
  const discarded: Promise<unknown>[] = [];
  const discard = (close: () => Promise<unknown>): void =>
    void discarded.push(withDeadline(filled.closeTimeoutMs, close).catch(() => undefined));
  let opening: Promise<LivePlugin<T>> | undefined;
  try {
    const plugin = await withinStartLimit(
      filled.path,
      filled,
      ({ onStep }) =>
        (opening = openInSteps(contract, filled, { contracts, life, discarded, onStep, onDiscard: discard })),
      filled.signal,
    );
    plugin.publish('opened');
    return plugin;
  } catch (error) {
    const { path, isolation } = filled;
    const identity = { contract: contract.kind, plugin: parse(path).name, version: null, isolation };
    publishLifecycle(identity, 'start-failed', { path, code: textCodeOf(error) });
    life.abort(error);
    // The plugin may have become live at the last moment; otherwise this waits for the end of an isolated plugin.
    discard(async () => await (await opening)?.close());
    await Promise.all(discarded);
    throw error;
  }
}

interface Start extends Pick<LimitedStart, 'onStep'>, Pick<LaunchRequest, 'contracts' | 'onDiscard'> {
  readonly life: AbortController;
  /** Closes of discarded instances, for which a failed start waits. Each is bounded and never rejects. */
  readonly discarded: Promise<unknown>[];
}

async function openInSteps<T extends object>(
  contract: Contract<T>,
  options: FilledPluginOptions,
  { contracts, life, discarded, onStep, onDiscard }: Start,
): Promise<LivePlugin<T>> {
  const { signal } = life;
  onStep('locating its file');
  const location = await untilAborted(locatePlugin(options), signal);
  onStep('reading its file', location.path);
  const source = await untilAborted(readPlugin(location, options.integrity, options.settingNames), signal);
  const callTimeoutMs = longestTimeoutMs(contract, options.callTimeoutMs);
  const request = { contracts, source, options: { ...options, callTimeoutMs }, signal, onStep };
  const environment = (manifest: FilledManifest): Environment => environmentOf(source.path, manifest, options);
  const launched = await (options.isolation === 'inline'
    ? launch({ ...request, onDiscard, environment })
    : launchIsolated({ ...request, isolation: options.isolation }));
  let plugin: LivePlugin<T>;
  try {
    plugin = new LivePlugin(contract, launched, source, options, life);
  } catch (error) {
    // An adapter of the application threw.
    discarded.push(discardInstance(launched.instance, options.closeTimeoutMs));
    throw error;
  }
  onStep('running its ping');
  await plugin.ping(signal);
  return plugin;
}

async function discardInstance(instance: PluginInstance, closeTimeoutMs: number): Promise<void> {
  await withDeadline(closeTimeoutMs, () => instance.close()).catch(() => undefined);
  await instance.terminate();
}
