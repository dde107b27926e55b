// An isolated instance across restarts: decides when a guest that has ended is started again.
import type { PluginLogger } from '@pluggable/contract';
import { isError } from '../foreign-error.js';
import { isPluginError, PluginError, reasonOf } from '../plugin.error.js';
import type { CallSignal } from '../calls/call-life.js';
import type { InstanceHealth, PluginInstance } from '../calls/plugin-instance.js';
import type { CallTrace } from '../telemetry/call-trace.js';
import { RestartDelays } from '../restart-delays.js';
import type { RemoteInstance } from './remote-instance.js';

export interface Supervision {
  readonly path: string;
  readonly logger: PluginLogger;
  /** Called when the guest has ended, and when its successor is live. */
  readonly onLifecycle: (event: 'ended' | 'restarted', code?: string) => void;
  /** Starts the plugin once more. */
  readonly relaunch: (signal: AbortSignal) => Promise<RemoteInstance>;
}

export class SupervisedInstance implements PluginInstance {
  readonly methods: ReadonlySet<string>;
  private readonly delays = new RestartDelays();
  private readonly life = new AbortController();
  private remote: RemoteInstance | undefined;
  private relaunching: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  /** Resolves when the previous guest has ended; bounded by the kill limit. */
  private ended: Promise<void> = Promise.resolve();
  private restarts = 0;
  private lastEnd: PluginError | null = null;

  constructor(
    first: RemoteInstance,
    private readonly supervision: Supervision,
  ) {
    this.methods = first.methods;
    this.adopt(first);
  }

  health(): InstanceHealth {
    return { isUp: this.remote !== undefined, restarts: this.restarts, lastEnd: this.lastEnd };
  }

  /** @throws PluginError PLUGIN_DOWN while there is no guest; else the errors of {@link RemoteInstance.call} */
  call(method: string, args: readonly unknown[], signal: CallSignal, trace?: CallTrace): Promise<unknown> {
    return this.remote === undefined ? Promise.reject(this.down()) : this.remote.call(method, args, signal, trace);
  }

  unacknowledgedAborts(): number {
    return this.remote?.unacknowledgedAborts() ?? 0;
  }

  async close(): Promise<void> {
    this.life.abort();
    clearTimeout(this.timer);
    await this.relaunching;
    await this.remote?.close();
  }

  async terminate(): Promise<void> {
    this.life.abort();
    clearTimeout(this.timer);
    await Promise.all([this.remote?.kill(), this.ended]);
    this.remote = undefined;
  }

  private down(): PluginError {
    return new PluginError('PLUGIN_DOWN', {
      path: this.supervision.path,
      found: `a plugin that is not running, after ${this.lastEnd?.found ?? 'an unexpected end'}`,
      wanted: 'a live plugin',
      fix: 'see the log of the plugin; the host restarts it',
    });
  }

  /** The remote instance may have ended already. */
  private adopt(remote: RemoteInstance): void {
    this.remote = remote;
    this.delays.onStarted();
    remote.whenEnded((error) => this.onEnd(remote, error));
  }

  /** An unexpected end, unless this instance is closing. */
  private onEnd(remote: RemoteInstance, error: PluginError): void {
    if (this.life.signal.aborted) return;
    this.remote = undefined;
    this.ended = remote.kill();
    this.lastEnd = error;
    this.supervision.onLifecycle('ended', error.code);
    this.startLater(error);
  }

  private startLater(error: Error): void {
    const delayMs = Math.round(this.delays.next());
    this.supervision.logger.error('ended; will be restarted', {
      code: isPluginError(error) ? error.code : undefined,
      error: error.message,
      stack: isError(error.cause) ? error.cause.stack : undefined,
      delayMs,
      restarts: this.restarts,
    });
    this.timer = setTimeout(() => {
      this.relaunching = this.startAgain();
    }, delayMs).unref();
  }

  private async startAgain(): Promise<void> {
    const { signal } = this.life;
    try {
      await this.ended;
      signal.throwIfAborted();
      this.restarts++;
      const remote = await this.supervision.relaunch(signal);
      if (signal.aborted) return await remote.kill();
      this.supervision.logger.info('live again', { restarts: this.restarts });
      this.supervision.onLifecycle('restarted');
      this.adopt(remote);
    } catch (error) {
      if (!signal.aborted) this.startLater(isError(error) ? error : new Error(reasonOf(error)));
    }
  }
}
