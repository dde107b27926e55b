// The conversation with one guest, from its first message to its end. Each message is checked before it is handled.
import { parse } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { PluginLogger } from '@pluggable/contract';
import { type ContractShape, type ContractShapes, matchesContract } from '../open/contract-shape.js';
import type { LaunchOptions } from '../open/launch.js';
import { type Environment, environmentOf, maskOfVariables, shownVariables } from '../open/plugin-configuration.js';
import { safeLogger } from '../log/named-logger.js';
import type { PluginSource } from '../open/plugin-source.js';
import type { PluginErrorCode } from '../plugin-error-codes.js';
import { PluginError } from '../plugin.error.js';
import { withoutSecrets } from '../log/masked-error.js';
import { NOTHING_TO_MASK } from '../log/secrets.js';
import type { GuestHandle, GuestListener } from './guest-handle.js';
import { spawnError } from './spawn-error.js';
import type { GuestPlace } from './spawn-guest.js';
import {
  type ExpectedMessages,
  GuestMessages,
  type GuestPhase,
  MAX_LINE_CHARS,
  UnexpectedMessage,
} from './guest-messages.js';
import type { OutputStream } from './guest-output.js';
import { cut, Rejection } from '../calls/rejection.js';
import { deserializeRefusal, type FromGuest, type MessageOf, PROTOCOL, type SentManifest } from './protocol.js';
import { RemoteInstance } from './remote-instance.js';

/** A guest whose plugin is live. */
export interface LiveGuest {
  readonly remote: RemoteInstance;
  readonly manifest: SentManifest;
  /** The plugin's variables; the values of secrets are masked. */
  readonly shown: Readonly<Record<string, string>>;
}

export interface GuestStartRequest extends GuestPlace {
  readonly contracts: ContractShapes;
  readonly source: PluginSource;
  readonly options: LaunchOptions;
  readonly onStep: (step: string) => void;
  /** For a restart: the manifest of the first life, which must be the same. */
  readonly manifest?: SentManifest | undefined;
}

/**
 * The manifest asks for permissions that the guest does not have. Reading a manifest means running its module, so the first guest
 * of a plugin starts without permissions.
 */
export class MorePermissions extends Error {
  constructor(readonly permissions: readonly string[]) {
    super('the manifest asks for permissions');
  }
}

export class GuestConversation implements ExpectedMessages, GuestListener {
  phase: GuestPhase = 'spawned';
  readonly live: Promise<LiveGuest>;
  /** The first line on standard error that reports an error, as an uncaught error of Node does. */
  private printedError: string | undefined;
  private readonly succeed: (live: LiveGuest) => void;
  private readonly reject: (reason: unknown) => void;
  private readonly messages = new GuestMessages();
  private name: string;
  private mask = NOTHING_TO_MASK;
  private manifest: SentManifest | undefined;
  /** The contract that the plugin implements. */
  private contract: ContractShape | undefined;
  private variables: Environment & Record<string, string> = {};
  private remote: RemoteInstance | undefined;
  private isAbandoned = false;

  /** @param guest returns the guest; called after the guest's first message */
  constructor(
    private readonly request: GuestStartRequest,
    private readonly guest: () => GuestHandle,
  ) {
    ({ promise: this.live, resolve: this.succeed, reject: this.reject } = Promise.withResolvers<LiveGuest>());
    this.name = parse(request.source.path).name;
  }

  isOpen(id: number): boolean {
    return this.remote?.isOpen(id) ?? false;
  }

  isAborted(id: number): boolean {
    return this.remote?.isAborted(id) ?? false;
  }

  get isBeatExpected(): boolean {
    return this.remote?.isBeatExpected ?? false;
  }

  get isCloseExpected(): boolean {
    return this.remote?.isCloseExpected ?? false;
  }

  onMessage(sent: unknown): void {
    try {
      for (const message of this.messages.messagesOf(sent)) {
        if (this.phase === 'ended') return;
        this.handle(this.messages.check(message, this));
      }
    } catch (error) {
      if (error instanceof UnexpectedMessage) this.onMalformed(error.message);
      else this.fail(error);
    }
  }

  onMalformed(found: string): void {
    if (this.phase === 'ended') return;
    this.end(
      this.error('PLUGIN_MISBEHAVED', {
        found,
        wanted: 'messages that follow the protocol of the host',
        fix: 'check whether the plugin sends messages to its parent, writes to foreign file descriptors, or floods the log',
      }),
    );
  }

  onOutput(line: string, stream: OutputStream): void {
    const shown = cut(this.mask(line), MAX_LINE_CHARS);
    if (stream === 'stderr' && /^\w*Error\b/.test(line)) this.printedError ??= shown;
    if (!this.isAbandoned) this.log.warn(`${this.prefix}${shown}`, { stream });
  }

  onOutputDropped(lines: number): void {
    if (!this.isAbandoned) this.log.warn(`${this.prefix}${lines} lines of output dropped`);
  }

  onEnd(how: string): void {
    this.end(this.endError(how));
  }

  onAbandon(): void {
    this.isAbandoned = true;
    this.end(this.endError('it could not be killed'));
    const { isolation } = this.request;
    this.log.error(`${this.prefix}could not be killed; given up`, { isolation });
  }

  /** Fails the start. Has no effect on a live guest. */
  fail(reason: unknown): void {
    this.phase = 'ended';
    this.reject(reason);
  }

  private get log(): PluginLogger {
    return this.request.options.logger;
  }

  private get prefix(): string {
    return `[plugin/${this.name}] `;
  }

  private handle(message: FromGuest): void {
    switch (message.type) {
      case 'ready':
        return this.start();
      case 'step':
        return this.request.onStep(message.step);
      case 'manifest':
        return this.configure(message.manifest);
      case 'refused':
        return this.fail(deserializeRefusal(message, this.request.source.path));
      case 'live':
        return this.goLive(message.methods);
      case 'log':
        return this.forward(message);
      case 'fatal':
        return this.end(
          this.endError(this.mask(message.error.message), withoutSecrets(new Rejection(message.error), this.mask)),
        );
      case 'closed':
        this.phase = 'ended';
    }
    this.remote?.onMessage(message);
  }

  private start(): void {
    const { contracts, source, options, permissions } = this.request;
    const { factoryName, callTimeoutMs, settingNames, logLevel } = options;
    const sent = { contracts, source, permissions, factoryName, callTimeoutMs, settingNames, logLevel };
    this.phase = 'starting';
    this.guest().send({ type: 'start', protocol: PROTOCOL, ...sent });
  }

  private configure(manifest: SentManifest): void {
    const { contracts, permissions, options, source } = this.request;
    if (permissions.length === 0 && manifest.permissions.length > 0) {
      return this.fail(new MorePermissions(manifest.permissions));
    }
    if (this.request.manifest !== undefined && !isDeepStrictEqual(manifest, this.request.manifest)) {
      throw new UnexpectedMessage('another manifest than at its first start');
    }
    this.contract = contracts.find(({ version }) => version === manifest.contract);
    if (this.contract === undefined) throw new UnexpectedMessage('a contract that the host does not have');
    this.variables = environmentOf(source.path, manifest, options);
    this.manifest = manifest;
    this.name = manifest.name;
    this.mask = maskOfVariables(manifest.secrets, this.variables);
    this.phase = 'configured';
    this.guest().send({ type: 'variables', variables: this.variables });
  }

  private goLive(names: readonly string[]): void {
    const { contract, manifest } = this;
    if (contract === undefined || manifest === undefined) return;
    const methods = new Set(names);
    if (!matchesContract(methods, contract)) throw new UnexpectedMessage('methods that are not those of the contract');
    this.phase = 'live';
    this.remote = new RemoteInstance(this.guest(), methods, this.request.source.path);
    const shown = shownVariables(this.variables, manifest.secrets, this.mask);
    this.succeed({ remote: this.remote, manifest, shown });
  }

  /** The guest has already added the name and masked the line, but it is not trusted. */
  private forward({ level, message, fields }: MessageOf<'log'>): void {
    const line = message.startsWith(this.prefix) ? message : `${this.prefix}${message}`;
    safeLogger(this.log, this.mask)[level](line, fields);
  }

  private end(error: PluginError): void {
    this.phase = 'ended';
    if (this.remote) this.remote.end(error);
    else this.reject(error);
  }

  private endError(how: string, cause?: unknown): PluginError {
    if (this.remote) {
      return this.error('PLUGIN_ENDED', {
        found: `an unexpected end of its ${this.request.isolation} (${how})`,
        wanted: 'a plugin that runs until it is closed',
        fix: 'see the log of the plugin',
        cause,
      });
    }
    if (this.phase === 'spawned') return spawnError(this.request.source.path, how, this.printedError);
    return this.error('PLUGIN_NOT_LOADABLE', {
      found: `an unexpected end during its start (${how})`,
      wanted: 'a live plugin',
      fix: 'see the log of the plugin',
      cause,
    });
  }

  private error(
    code: PluginErrorCode,
    parts: { found: string; wanted: string; fix: string; cause?: unknown },
  ): PluginError {
    return new PluginError(code, { path: this.request.source.path, ...parts });
  }
}
