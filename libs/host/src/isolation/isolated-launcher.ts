// Starts a plugin in a worker or a process. The steps of the start run there; their input and output cross as messages.
import type { ContractShapes } from '../open/contract-shape.js';
import type { LaunchedPlugin, LaunchOptions } from '../open/launch.js';
import { namedLogger } from '../log/named-logger.js';
import { maskOfVariables, variablesOf } from '../open/plugin-configuration.js';
import type { Isolation } from '../plugin-options.js';
import type { PluginSource } from '../open/plugin-source.js';
import { publishLifecycle } from '../telemetry/channels.js';
import { reasonOf } from '../plugin.error.js';
import { withinStartLimit } from '../open/start-limit.js';
import { workingDirectory } from '../open/working-directory.js';
import { GuestConversation, type GuestStartRequest, type LiveGuest, MorePermissions } from './guest-conversation.js';
import type { GuestHandle } from './guest-handle.js';
import { spawnError } from './spawn-error.js';
import { spawnGuest } from './spawn-guest.js';
import { SupervisedInstance } from './supervised-instance.js';

export interface IsolatedLaunchRequest {
  readonly isolation: Exclude<Isolation, 'inline'>;
  readonly contracts: ContractShapes;
  readonly source: PluginSource;
  readonly options: LaunchOptions;
  /** Aborted when the start is given up. */
  readonly signal: AbortSignal;
  readonly onStep: (step: string) => void;
}

interface Start extends GuestStartRequest {
  readonly signal: AbortSignal;
}

export async function launchIsolated(request: IsolatedLaunchRequest): Promise<LaunchedPlugin> {
  const { source, options } = request;
  const first: Start = { ...request, permissions: [], directory: workingDirectory() };
  const { remote, manifest, shown } = await startWithPermissions(first);

  const { name, version, contract, permissions, secrets } = manifest;
  const mask = maskOfVariables(secrets, variablesOf(manifest, options.env));
  const again: Start = { ...first, permissions, manifest };
  const [{ kind }] = request.contracts;
  const identity = { contract: kind, plugin: name, version: version ?? null, isolation: request.isolation };
  const instance = new SupervisedInstance(remote, {
    path: source.path,
    logger: namedLogger(options.logger, name, mask),
    onLifecycle: (event, code) => publishLifecycle(identity, event, { path: source.path, code }),
    relaunch: (signal) =>
      withinStartLimit(source.path, options, async (limited) => (await start({ ...again, ...limited })).remote, signal),
  });
  return { instance, name, version, contract, config: shown, variables: [...manifest.env, ...secrets], mask };
}

async function startWithPermissions(request: Start): Promise<LiveGuest> {
  try {
    return await start(request);
  } catch (error) {
    if (!(error instanceof MorePermissions)) throw error;
    return await start({ ...request, permissions: error.permissions });
  }
}

/** Spawns a guest and resolves when it is live. If it rejects, the guest has ended or was abandoned. */
async function start(request: Start): Promise<LiveGuest> {
  const { signal, source } = request;
  signal.throwIfAborted();
  const conversation = new GuestConversation(request, () => guest);
  let guest: GuestHandle;
  try {
    guest = spawnGuest(request, conversation);
  } catch (error) {
    throw spawnError(source.path, reasonOf(error));
  }
  const onAbort = (): void => conversation.fail(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await conversation.live;
  } catch (error) {
    await guest.kill();
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
