// From a path to a live plugin.
import type { Contract } from '@pluggable/contract';
import { longestTimeoutMs, refuseUnknownMethods } from './calls/call-timeouts.js';
import { untilAborted, withDeadline } from './calls/deadline.js';
import type { PluginInstance } from './calls/plugin-instance.js';
import { launchIsolated } from './isolation/isolated-launcher.js';
import { LivePlugin, type OpenPlugin } from './live-plugin.js';
import { shapesOf } from './open/contract-shape.js';
import { launch, type LaunchRequest } from './open/launch.js';
import { type Environment, environmentOf } from './open/plugin-configuration.js';
import { refuseOldNode } from './open/node-version.js';
import { locatePlugin } from './open/plugin-location.js';
import type { FilledManifest } from './open/plugin-manifest.js';
import { readPlugin } from './open/plugin-source.js';
import { type LimitedStart, withinStartLimit } from './open/start-limit.js';
import { fillOptions, type FilledPluginOptions, type PluginOptions } from './plugin-options.js';

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
 * @throws TypeError when the contract is wrong, or an adapter gives no such method
 * @throws the reason of the option `signal`, when that was aborted
 */
export async function openPlugin<T extends object>(
  contract: Contract<T>,
  options: PluginOptions,
): Promise<OpenPlugin<T>> {
  refuseOldNode(options.path);
  const filled = fillOptions(options);
  const contracts = shapesOf(contract);
  refuseUnknownMethods(contract, filled);
  const life = new AbortController();
  const discarded: Promise<unknown>[] = [];
  const discard = (close: () => Promise<unknown>): void =>
    void discarded.push(withDeadline(filled.closeTimeoutMs, close).catch(() => undefined));
  let opening: Promise<OpenPlugin<T>> | undefined;
  try {
    return await withinStartLimit(
      filled.path,
      filled,
      ({ onStep }) =>
        (opening = openInSteps(contract, filled, { contracts, life, discarded, onStep, onDiscard: discard })),
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
  /** The ends of what was made in vain, which a failed start waits for. They are bounded, and never reject. */
  readonly discarded: Promise<unknown>[];
}

async function openInSteps<T extends object>(
  contract: Contract<T>,
  options: FilledPluginOptions,
  { contracts, life, discarded, onStep, onDiscard }: Start,
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
    : launchIsolated({ ...request, isolation: options.isolation }));
  let plugin: LivePlugin<T>;
  try {
    plugin = new LivePlugin(contract, launched, source, options, life);
  } catch (error) {
    // An adapter of the application threw.
    discarded.push(endInVain(launched.instance, options.closeTimeoutMs));
    throw error;
  }
  onStep('its ping ran');
  await plugin.ping(signal);
  return plugin;
}

async function endInVain(instance: PluginInstance, closeTimeoutMs: number): Promise<void> {
  await withDeadline(closeTimeoutMs, () => instance.close()).catch(() => undefined);
  await instance.terminate();
}
