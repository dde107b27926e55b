// Steps 3 to 7, in the thread in which the instance is to live: execute, handshake, configuration, factory, shape.
import type { PluginLogger } from '@pluggable/contract';
import type { ContractShapes } from './contract-shape.js';
import { untilAborted } from '../calls/deadline.js';
import { fromLevel, namedLogger } from '../log/named-logger.js';
import { configurePlugin, type Environment } from './plugin-configuration.js';
import { callFactory, findFactory, methodsOf } from './plugin-factory.js';
import { InlineInstance, type PluginInstance } from '../calls/plugin-instance.js';
import { isPluginError, PluginError, reasonOf } from '../plugin.error.js';
import { type FilledManifest, checkManifest } from './plugin-manifest.js';
import { hasHooks, reimports } from './module-hooks.js';
import { importPlugin } from './plugin-module.js';
import type { FilledPluginOptions } from '../plugin-options.js';
import type { PluginSource } from './plugin-source.js';
import { type Mask, NOTHING_TO_MASK } from '../log/secrets.js';

export interface LaunchOptions extends Omit<FilledPluginOptions, 'callTimeoutMs'> {
  /** The longest deadline of a call, for the context of the factory, in milliseconds. */
  readonly callTimeoutMs: number;
}

export interface LaunchRequest {
  readonly contracts: ContractShapes;
  readonly source: PluginSource;
  readonly options: Pick<LaunchOptions, 'factoryName' | 'callTimeoutMs' | 'settingNames' | 'logger' | 'logLevel'>;
  /** Gives the variables from which those of the manifest are taken. */
  readonly environment: (manifest: FilledManifest) => Environment | Promise<Environment>;
  /** Aborted when the host gives up on the start, or later when it is done with the instance. */
  readonly signal: AbortSignal;
  /** Told what goes on, for the error of a start that takes too long. */
  readonly onStep: (step: string) => void;
  /** Given what ends an instance that was made in vain: it came too late, or has the wrong shape. */
  readonly onDiscard: (close: () => Promise<void>) => void;
}

export interface LaunchedPlugin {
  readonly instance: PluginInstance;
  readonly name: string;
  readonly version: string | undefined;
  /** The version of the contract that it speaks. */
  readonly contract: number;
  /** The plugin's variables, secrets masked. */
  readonly config: Readonly<Record<string, string>>;
  /** The names of all variables that the plugin reads, set or not. */
  readonly variables: readonly string[];
  readonly mask: Mask;
}

/**
 * Takes the steps one after the other, until the signal is aborted: none of them is waited for after that.
 * @throws the reason of the signal
 */
export async function launch(request: LaunchRequest): Promise<LaunchedPlugin> {
  try {
    return await launchInSteps(request);
  } catch (cause) {
    if (isPluginError(cause) || request.signal.aborted) throw cause;
    throw new PluginError('PLUGIN_NOT_LOADABLE', {
      path: request.source.path,
      found: `an export that cannot be read (${reasonOf(cause)})`,
      wanted: 'a factory and, if there is one, a manifest of plain values',
      fix: 'see what the getters of the plugin do',
      cause,
    });
  }
}

async function launchInSteps(request: LaunchRequest): Promise<LaunchedPlugin> {
  const { contracts, source, options, signal, onStep } = request;
  const { path } = source;
  const { settingNames, callTimeoutMs, logger } = options;

  onStep('its module ran');
  const reimportsBefore = reimports();
  const module = await untilAborted(importPlugin(source, signal), signal);
  warnWithoutHooks(logger);
  const { manifest, contract } = checkManifest(module.get('manifest'), { path, contracts, settingNames, logger });
  if (reimports() > reimportsBefore) {
    const stays =
      'an earlier module of its file stays in memory: ESM cannot be unloaded, but with a thread or a process';
    namedLogger(logger, manifest.name, NOTHING_TO_MASK).warn(stays, { reimports: reimports() });
  }
  const factory = findFactory(module, options.factoryName, { path, settingNames });

  onStep('its configuration was checked');
  const configuring = Promise.resolve(request.environment(manifest)).then((environment) =>
    configurePlugin(path, manifest, environment),
  );
  const { value: config, shown, mask } = await untilAborted(configuring, signal);

  onStep('its factory ran');
  const log = fromLevel(options.logLevel, namedLogger(logger, manifest.name, mask));
  const discard = (made: unknown): void => request.onDiscard(() => closeDiscarded(made, log));
  const making = callFactory(factory, log, { config, callTimeoutMs, signal }, { path, mask, contract });
  making.then(
    (late) => signal.aborted && discard(late),
    () => {},
  );
  const made = await untilAborted(making, signal);
  try {
    const instance = new InlineInstance(made as object, methodsOf(made, contract, path), contract.methods);
    const { name, version: ownVersion, env, secrets } = manifest;
    const variables = [...new Set([...env, ...secrets])];
    return { instance, name, version: ownVersion, contract: contract.version, config: shown, variables, mask };
  } catch (error) {
    discard(made);
    throw error;
  }
}

let hasWarned = false;

function warnWithoutHooks(logger: PluginLogger): void {
  if (hasHooks() || hasWarned) return;
  hasWarned = true;
  logger.warn('the module loader of the test runner loads inline plugins, and it cannot verify a hash');
}

async function closeDiscarded(made: unknown, log: PluginLogger): Promise<void> {
  try {
    if (typeof made !== 'object' || made === null || !('close' in made) || typeof made.close !== 'function') return;
    await made.close();
  } catch (error) {
    log.warn('could not be closed after a failed start', { error: reasonOf(error) });
  }
}
