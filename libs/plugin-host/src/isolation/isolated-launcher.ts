// Starts a plugin in a worker or a process: the steps run there, what they need and what they find crosses by messages.
import { parse } from 'node:path';
import type { ContractShape, LaunchedPlugin } from '../launch.js';
import { namedLogger, safeLogger } from '../named-logger.js';
import { type Environment, environmentOf, maskOfVariables, variablesOf } from '../plugin-configuration.js';
import type { FilledPluginOptions, PluginMode } from '../plugin-options.js';
import type { PluginSource } from '../plugin-source.js';
import { PluginError } from '../plugin.error.js';
import { NOTHING_TO_MASK } from '../secrets.js';
import { withinStartLimit } from '../start-limit.js';
import { type GuestHandle, spawnGuest } from './guest-handle.js';
import { fromSent, type FromGuest, PROTOCOL, type SentManifest } from './protocol.js';
import { RemoteInstance } from './remote-instance.js';
import { SupervisedInstance } from './supervised-instance.js';

export interface IsolatedLaunchRequest {
  readonly mode: Exclude<PluginMode, 'inline'>;
  readonly contract: ContractShape;
  readonly source: PluginSource;
  readonly options: FilledPluginOptions;
  /** Aborted when the host gives up on the start. */
  readonly signal: AbortSignal;
  readonly onStep: (step: string) => void;
}

/** A guest that became live. */
interface Live {
  readonly remote: RemoteInstance;
  readonly manifest: SentManifest;
  readonly config: Readonly<Record<string, string>>;
}

interface Start extends IsolatedLaunchRequest {
  readonly permissions: readonly string[];
  readonly onEnd: (error: PluginError) => void;
}

export async function launchIsolated(request: IsolatedLaunchRequest): Promise<LaunchedPlugin> {
  const { source, options } = request;
  let supervised: SupervisedInstance | undefined;
  const onEnd = (error: PluginError): void => supervised?.onEnd(error);
  const { remote, manifest, config } = await startWithPermissions({ ...request, permissions: [], onEnd });

  const { name, version, permissions, secrets } = manifest;
  const mask = maskOfVariables(secrets, variablesOf(manifest, options.env));
  supervised = new SupervisedInstance(remote, {
    path: source.path,
    logger: namedLogger(options.logger, name, mask),
    relaunch: (signal, onNextEnd) =>
      withinStartLimit(
        source.path,
        options,
        async (limited) => (await start({ ...request, ...limited, permissions, onEnd: onNextEnd })).remote,
        signal,
      ),
  });
  return { instance: supervised, name, version, config, mask };
}

/** What a plugin needs is said by its manifest, which can only be read by running its module: without any permission, the first time. */
class MorePermissions extends Error {
  constructor(readonly permissions: readonly string[]) {
    super('the manifest asks for permissions');
  }
}

async function startWithPermissions(request: Start): Promise<Live> {
  try {
    return await start(request);
  } catch (error) {
    if (!(error instanceof MorePermissions)) throw error;
    return await start({ ...request, permissions: error.permissions });
  }
}

/** One guest, from its spawn until it is live. One that does not become live has ended when this rejects. */
async function start(request: Start): Promise<Live> {
  const { mode, permissions, signal, options } = request;
  signal.throwIfAborted();
  const starting = new StartingGuest(request);
  const guest = spawnGuest(mode, permissions, {
    onMessage: (message) => starting.onMessage(message, guest),
    onOutput: (line, stream) => options.logger.warn(`[plugin/${starting.name}] ${starting.mask(line)}`, { stream }),
    onEnd: (how) => starting.onGuestEnd(how),
  });
  const onAbort = (): void => starting.fail(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await starting.live;
  } catch (error) {
    await guest.kill();
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** The conversation of a start; afterwards it hands on what it hears. */
class StartingGuest {
  readonly live: Promise<Live>;
  readonly fail: (reason: unknown) => void;
  private readonly succeed: (live: Live) => void;
  name: string;
  mask = NOTHING_TO_MASK;
  private manifest: SentManifest | undefined;
  private remote: RemoteInstance | undefined;
  private fatal: string | undefined;

  constructor(private readonly request: Start) {
    ({ promise: this.live, resolve: this.succeed, reject: this.fail } = Promise.withResolvers<Live>());
    this.name = parse(request.source.path).name;
  }

  onMessage(message: FromGuest, guest: GuestHandle): void {
    const { contract, source, options, permissions, onStep, onEnd } = this.request;
    switch (message.type) {
      case 'ready': {
        const { factoryName, callTimeoutMs, settingNames, logLevel } = options;
        const shape = { ...contract, methods: withoutChecks(contract.methods) };
        const sent = { contract: shape, source, permissions, factoryName, callTimeoutMs, settingNames, logLevel };
        return guest.send({ type: 'start', protocol: PROTOCOL, ...sent });
      }
      case 'step':
        return onStep(message.step);
      case 'manifest': {
        const { manifest } = message;
        if (permissions.length === 0 && manifest.permissions.length > 0) {
          return this.fail(new MorePermissions(manifest.permissions));
        }
        let variables: Environment;
        try {
          variables = environmentOf(source.path, manifest, options);
        } catch (error) {
          return this.fail(error);
        }
        this.manifest = manifest;
        this.name = manifest.name;
        this.mask = maskOfVariables(manifest.secrets, variables);
        return guest.send({ type: 'variables', variables });
      }
      case 'refused':
        return this.fail(fromSent(message.error));
      case 'live': {
        if (this.manifest === undefined) return;
        this.remote = new RemoteInstance(guest, message.methods, { path: source.path, onEnd });
        return this.succeed({ remote: this.remote, manifest: this.manifest, config: message.config });
      }
      case 'log':
        return safeLogger(options.logger, this.mask)[message.level](message.message, message.fields);
      case 'fatal':
        this.fatal = this.mask(message.error.message);
    }
    this.remote?.onMessage(message);
  }

  onGuestEnd(how: string): void {
    if (this.remote) return this.remote.onGuestEnd(how);
    this.fail(
      new PluginError('PLUGIN_NOT_LOADABLE', {
        path: this.request.source.path,
        found: `an end before it was live (${this.fatal ?? how})`,
        wanted: 'a live plugin',
        fix: 'see its log',
      }),
    );
  }
}

/** The checks are code, and stay with the host. */
function withoutChecks(methods: ContractShape['methods']): ContractShape['methods'] {
  return Object.fromEntries(
    Object.entries<{ optional?: true }>(methods).map(([name, { optional }]) => [name, optional ? { optional } : {}]),
  );
}
