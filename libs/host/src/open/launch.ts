// Steps 3 to 7 of a start, in the plugin's own thread: execute, handshake, configuration, factory, shape.
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
  /** Longest deadline of any call, for the context of the factory, in milliseconds. */
  readonly callTimeoutMs: number;
}

export interface LaunchRequest {
  readonly contracts: ContractShapes;
  readonly source: PluginSource;
  readonly options: Pick<LaunchOptions, 'factoryName' | 'callTimeoutMs' | 'settingNames' | 'logger' | 'logLevel'>;
  /** Returns the environment from which the variables of the manifest are taken. */
  readonly environment: (manifest: FilledManifest) => Environment | Promise<Environment>;
  /** Aborted when the start is given up or the instance has been closed. */
  readonly signal: AbortSignal;
  /** Called when a step begins, for the error of a start that takes too long. @param step such as 'running its module' */
  readonly onStep: (step: string) => void;
  /** Called with a function that closes a discarded instance: one that came too late or has the wrong shape. */
  readonly onDiscard: (close: () => Promise<void>) => void;
}

export interface LaunchedPlugin {
  readonly instance: PluginInstance;
  readonly name: string;
  readonly version: string | undefined;
  /** Version of the contract that the plugin implements. */
  readonly contract: number;
  /** The plugin's variables; the values of secrets are masked. */
  readonly config: Readonly<Record<string, string>>;
  /** The names of all variables that the plugin reads, set or not. */
  readonly variables: readonly string[];
  readonly mask: Mask;
}

/**
 * Runs the steps in order until the signal is aborted.
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
      wanted: 'readable exports: a factory and an optional manifest',
      fix: 'check the getters of the plugin',
      cause,
    });
  }
}

async function launchInSteps(request: LaunchRequest): Promise<LaunchedPlugin> {
  const { contracts, source, options, signal, onStep } = request;
  const { path } = source;
  const { settingNames, callTimeoutMs, logger } = options;

  onStep('running its module');
  const reimportsBefore = reimports();
  const module = await untilAborted(importPlugin(source, signal), signal);
  warnWithoutHooks(logger);
  const { manifest, contract } = checkManifest(module.get('manifest'), { path, contracts, settingNames, logger });
  if (reimports() > reimportsBefore) {
    const warning =
      'an earlier module of this file stays in memory: ESM cannot be unloaded; isolate the plugin in a worker or a process to avoid this';
    namedLogger(logger, manifest.name, NOTHING_TO_MASK).warn(warning, { reimports: reimports() });
  }
  const factory = findFactory(module, options.factoryName, { path, settingNames });

  onStep('checking its configuration');
  const configuring = Promise.resolve(request.environment(manifest)).then((environment) =>
    configurePlugin(path, manifest, environment),
  );
  const { value: config, shown, mask } = await untilAborted(configuring, signal);

  onStep('running its factory');
  const log = fromLevel(options.logLevel, namedLogger(logger, manifest.name, mask));
  const discard = (instance: unknown): void => request.onDiscard(() => closeDiscarded(instance, log));
  const making = callFactory(factory, log, { config, callTimeoutMs, signal }, { path, mask, contract });
  making.then(
    (late) => signal.aborted && discard(late),
    () => {},
  );
  const made = await untilAborted(making, signal);
  try {
    const instance = new InlineInstance(
      made as object,
      methodsOf(made, contract, path),
      contract.methods,
      manifest.telemetry,
    );
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

async function closeDiscarded(instance: unknown, log: PluginLogger): Promise<void> {
  try {
    if (typeof instance !== 'object' || instance === null || !('close' in instance)) return;
    if (typeof instance.close === 'function') await instance.close();
  } catch (error) {
    log.warn('not closed after a failed start', { error: reasonOf(error) });
  }
}
