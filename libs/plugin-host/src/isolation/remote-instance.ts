// An instance in a guest, for one life of it: where a call crosses the thread or the process, and where a blocked guest is noticed.
import { PluginError } from '../plugin.error.js';
import type { GuestHandle } from './guest-handle.js';
import { type FromGuest, fromSent } from './protocol.js';

/** Calls in the hands of a guest that leaves so many heartbeats in a row unanswered are given up, and the guest with them. */
const BEAT_MS = 250;
const MISSED_BEATS = 4;

interface Waiting {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

export interface RemoteOptions {
  readonly path: string;
  readonly onEnd: (error: PluginError) => void;
}

export class RemoteInstance {
  /** By their ids, all that the guest has neither answered nor acknowledged as aborted; `null` when nobody waits any more. */
  private readonly calls = new Map<number, Waiting | null>();
  private unheard = 0;
  private lastId = 0;
  private beatTimer: NodeJS.Timeout | undefined;
  private hasCalledSinceBeat = false;
  private missedBeats: number | undefined;
  private ending: PluginError | undefined;
  private closing: PromiseWithResolvers<void> | undefined;

  constructor(
    private readonly guest: GuestHandle,
    readonly methods: ReadonlySet<string>,
    private readonly options: RemoteOptions,
  ) {}

  /** @throws PluginError PLUGIN_ENDED, PLUGIN_BLOCKED; else what the plugin rejected with */
  call(method: string, args: readonly unknown[], signal: AbortSignal): Promise<unknown> {
    const id = ++this.lastId;
    return new Promise((resolve, reject) => {
      this.guest.send({ type: 'call', id, method, args });
      const onAbort = (): void => {
        this.calls.set(id, null);
        this.unheard++;
        this.guest.send({ type: 'abort', id });
        reject(signal.reason as Error);
      };
      const settle = (): void => signal.removeEventListener('abort', onAbort);
      this.calls.set(id, {
        resolve: (answer) => {
          settle();
          resolve(answer);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      });
      signal.addEventListener('abort', onAbort, { once: true });
      this.hasCalledSinceBeat = true;
      this.beatTimer ??= setInterval(() => this.beat(), BEAT_MS).unref();
    });
  }

  /** Calls that were aborted, as far as the guest has not said that it knows. */
  unheardAborts(): number {
    return this.unheard;
  }

  /** Resolves when the plugin has closed, and its guest has ended. */
  async close(): Promise<void> {
    this.closing = Promise.withResolvers();
    this.guest.send({ type: 'close' });
    await this.closing.promise;
  }

  /** Ends the guest by force. */
  async kill(): Promise<void> {
    await this.guest.kill();
  }

  onMessage(message: FromGuest): void {
    switch (message.type) {
      case 'answer':
        return this.take(message.id)?.resolve(message.answer);
      case 'failure':
        return this.take(message.id)?.reject(fromSent(message.error));
      case 'aborted':
        return void this.take(message.id);
      case 'beat':
        this.missedBeats = undefined;
        return;
      case 'fatal':
        this.ending = this.ended(fromSent(message.error).message);
        return;
      case 'closed':
        if (message.error) this.closing?.reject(fromSent(message.error));
        else this.closing?.resolve();
        return;
      default:
      // What belongs to the start, or is said to all.
    }
  }

  /** Called when the guest has ended, with how in words. */
  onGuestEnd(how: string): void {
    clearInterval(this.beatTimer);
    const error = this.ending ?? this.ended(how);
    for (const waiting of this.calls.values()) waiting?.reject(error);
    this.calls.clear();
    this.unheard = 0;
    this.closing?.reject(error);
    this.options.onEnd(error);
  }

  private take(id: number): Waiting | null | undefined {
    const waiting = this.calls.get(id);
    this.calls.delete(id);
    if (waiting === null) this.unheard--;
    return waiting;
  }

  /** Counts beats and not milliseconds: a host that was blocked itself comes here once, however long it was. */
  private beat(): void {
    if (this.missedBeats !== undefined) {
      this.missedBeats++;
      if (this.missedBeats >= MISSED_BEATS) this.giveUp();
    } else if (this.calls.size > 0 || this.hasCalledSinceBeat) {
      this.missedBeats = 0;
      this.hasCalledSinceBeat = false;
      this.guest.send({ type: 'beat' });
    } else {
      clearInterval(this.beatTimer);
      this.beatTimer = undefined;
    }
  }

  private giveUp(): void {
    clearInterval(this.beatTimer);
    this.ending = new PluginError('PLUGIN_BLOCKED', {
      path: this.options.path,
      found: `an event loop that has been blocked for ${MISSED_BEATS * BEAT_MS} ms`,
      wanted: 'one that answers',
      fix: 'see what the plugin computes',
    });
    void this.guest.kill();
  }

  private ended(how: string): PluginError {
    return new PluginError('PLUGIN_ENDED', {
      path: this.options.path,
      found: `an end that nobody asked for (${how})`,
      wanted: 'a plugin that lives until it is closed',
      fix: 'see the log of the plugin',
    });
  }
}
