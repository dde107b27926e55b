// One life of an instance in a guest: sends calls as messages, and detects a blocked guest by heartbeats.
import { PluginError } from '../plugin.error.js';
import type { CallSignal } from '../calls/call-life.js';
import { CallTable } from './call-table.js';
import type { GuestHandle } from './guest-handle.js';
import type { CallTrace } from '../telemetry/call-trace.js';
import type { LibrarySpan } from '../telemetry/library-span.js';
import { NotPlain } from '../calls/not-plain.js';
import { Rejection } from '../calls/rejection.js';
import { Outbox } from './outbox.js';
import type { FromGuest, ToGuest } from './protocol.js';

/** A guest that answers nothing for 4 heartbeats is killed. Interval in milliseconds. */
const BEAT_MS = 250;
const MISSED_BEATS = 4;

/** A call without a reply. */
class Waiting {
  constructor(
    private readonly signal: CallSignal,
    private readonly onAbort: () => void,
    private readonly onAnswer: (answer: unknown) => void,
    private readonly onFailure: (error: unknown) => void,
    private readonly trace: CallTrace | undefined,
  ) {
    signal.addEventListener('abort', onAbort, { once: true });
  }

  resolve(answer: unknown, spans?: readonly LibrarySpan[]): void {
    if (spans !== undefined) this.trace?.add(spans);
    this.signal.removeEventListener('abort', this.onAbort);
    this.onAnswer(answer);
  }

  reject(error: unknown, spans?: readonly LibrarySpan[]): void {
    if (spans !== undefined) this.trace?.add(spans);
    this.signal.removeEventListener('abort', this.onAbort);
    this.onFailure(error);
  }
}

export class RemoteInstance {
  /** The calls without a reply, by id; `null` for an aborted call. */
  private readonly calls = new CallTable<Waiting | null>();
  private readonly outbox: Outbox<ToGuest>;
  private unacknowledged = 0;
  private beatTimer: NodeJS.Timeout | undefined;
  private hasCalledSinceBeat = false;
  private missedBeats: number | undefined;
  private closing: PromiseWithResolvers<void> | undefined;
  private ending: PluginError | undefined;
  private onEnd: (error: PluginError) => void = () => {};

  constructor(
    private readonly guest: GuestHandle,
    readonly methods: ReadonlySet<string>,
    private readonly path: string,
  ) {
    this.outbox = new Outbox({
      post: (sent) => this.guest.send(sent),
      atEndOfTurn: setImmediate,
      onUnsendable: (message, error) => this.failUnsent(message, error),
    });
  }

  /** @throws PluginError PLUGIN_ENDED, PLUGIN_BLOCKED, PLUGIN_MISBEHAVED
   * @throws Rejection, NotPlain as {@link PluginInstance.call} does
   */
  call(method: string, args: readonly unknown[], signal: CallSignal, trace?: CallTrace): Promise<unknown> {
    if (this.ending) return Promise.reject(this.ending);
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.calls.set(id, null);
        this.unacknowledged++;
        this.outbox.add({ type: 'abort', id });
        reject(signal.reason as Error);
      };
      const id = this.calls.add(new Waiting(signal, onAbort, resolve, reject, trace));
      const untraced = { type: 'call', id, method, args } as const;
      const call = trace === undefined ? untraced : { ...untraced, traceparent: trace.traceparent };
      // No other call is in flight, so this one need not wait for a batch.
      if (this.calls.size === 1) this.outbox.send(call);
      else this.outbox.add(call);
      this.hasCalledSinceBeat = true;
      this.beatTimer ??= setInterval(() => this.beat(), BEAT_MS).unref();
    });
  }

  unacknowledgedAborts(): number {
    return this.unacknowledged;
  }

  isOpen(id: number): boolean {
    return this.calls.has(id);
  }

  isAborted(id: number): boolean {
    return this.calls.get(id) === null;
  }

  get isBeatExpected(): boolean {
    return this.missedBeats !== undefined;
  }

  get isCloseExpected(): boolean {
    return this.closing !== undefined;
  }

  /** Resolves when the plugin has closed. @throws PluginError when the guest ends first; Rejection when its close failed */
  async close(): Promise<void> {
    if (this.ending) throw this.ending;
    this.closing = Promise.withResolvers();
    this.outbox.send({ type: 'close' });
    await this.closing.promise;
  }

  /** Kills the guest, see {@link GuestHandle.kill}. */
  async kill(): Promise<void> {
    this.outbox.drop();
    await this.guest.kill();
  }

  /** @param listener called on an unexpected end; at once if it has already happened */
  whenEnded(listener: (error: PluginError) => void): void {
    if (this.ending) listener(this.ending);
    else this.onEnd = listener;
  }

  /** @param message a checked message */
  onMessage(message: FromGuest): void {
    switch (message.type) {
      case 'answer':
        return this.answered(message.id)?.resolve(message.answer, message.spans);
      case 'failure':
        return this.answered(message.id)?.reject(new Rejection(message.error), message.spans);
      case 'unsendable': {
        const { place, found, fix } = message.what;
        return this.answered(message.id)?.reject(new NotPlain(place, found, fix));
      }
      case 'aborted':
        return void this.answered(message.id);
      case 'beat':
        this.missedBeats = undefined;
        return;
      case 'closed':
        if (message.error) this.closing?.reject(new Rejection(message.error));
        else this.closing?.resolve();
        return;
      default:
      // Handled by GuestConversation.
    }
  }

  /** Ends this life and kills the guest. Calls in flight reject at once, before the guest has ended. */
  end(error: PluginError): void {
    if (this.ending) return;
    this.ending = error;
    clearInterval(this.beatTimer);
    for (const waiting of this.calls.takeAll()) waiting?.reject(error);
    this.unacknowledged = 0;
    this.closing?.reject(error);
    void this.kill();
    this.onEnd(error);
  }

  private failUnsent(message: ToGuest, error: unknown): void {
    if (message.type !== 'call') throw error;
    this.take(message.id)?.reject(error);
  }

  /** A guest with many calls answers them before the heartbeat that came after them, so each answer counts as one. */
  private answered(id: number): Waiting | null | undefined {
    if (this.missedBeats !== undefined) this.missedBeats = 0;
    return this.take(id);
  }

  private take(id: number): Waiting | null | undefined {
    const waiting = this.calls.take(id);
    if (waiting === null) this.unacknowledged--;
    return waiting;
  }

  /** Counts heartbeats, not time: after a long block of the host's own thread, this runs only once. */
  private beat(): void {
    if (this.missedBeats !== undefined) {
      this.missedBeats++;
      if (this.missedBeats >= MISSED_BEATS) this.end(this.blocked());
    } else if (this.calls.size > 0 || this.hasCalledSinceBeat) {
      this.missedBeats = 0;
      this.hasCalledSinceBeat = false;
      this.outbox.send({ type: 'beat' });
    } else {
      clearInterval(this.beatTimer);
      this.beatTimer = undefined;
    }
  }

  private blocked(): PluginError {
    return new PluginError('PLUGIN_BLOCKED', {
      path: this.path,
      found: `an event loop blocked for ${MISSED_BEATS * BEAT_MS} ms`,
      wanted: 'an event loop that answers heartbeats',
      fix: 'check the plugin for long computations and synchronous calls',
    });
  }
}
