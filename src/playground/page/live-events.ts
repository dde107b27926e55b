// The live events of the service: one EventSource, replaced with back-off when it ends.
import type { LiveMessages, PluginEventMessage, RequestsMessage, StateMessage } from '../../events/live-message.js';
import { reasonOfFailure } from './reason-of-failure.js';

/** `ended`: the service does not answer, or shuts down. `off`: it has no events. `paused`: the page is hidden. */
export type ConnectionState =
  'connecting' | 'connected' | 'reconnecting' | 'paused' | 'ended' | 'too-many-viewers' | 'off';

export interface LiveEventsListener {
  onConnection(state: ConnectionState): void;
  onState(message: StateMessage): void;
  onRequests(message: RequestsMessage): void;
  onPlugin(message: PluginEventMessage): void;
}

const URL = 'events';
/** Delays before a new connection, in milliseconds. The last one repeats. */
const DELAYS_MS = [500, 1_000, 2_000, 4_000, 8_000];
/** A state comes every second. A connection without one for this time is dead, in milliseconds. */
const SILENCE_MS = 10_000;
/**
 * A page that is hidden for this time ends its connection, in milliseconds. Each connection is one of six that a browser opens to a
 * host in HTTP/1.1, and one of EVENTS_MAX_CLIENTS.
 */
const HIDDEN_MS = 30_000;

export class LiveEvents {
  private source: EventSource | undefined;
  private failures = 0;
  private lastMessageMs = 0;
  private isPaused = false;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private hiddenTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly listener: LiveEventsListener) {}

  start(): void {
    this.listener.onConnection('connecting');
    this.connect();
    setInterval(() => this.checkSilence(), SILENCE_MS / 2);
    document.addEventListener('visibilitychange', () => this.pauseOrResume());
    this.pauseOrResume();
  }

  private connect(): void {
    const source = new EventSource(URL);
    this.source = source;
    this.lastMessageMs = performance.now();
    source.addEventListener('open', () => {
      this.failures = 0;
      this.listener.onConnection('connected');
    });
    // EventSource retries by itself in some cases only, and hides the status. So each error ends it.
    source.addEventListener('error', () => void this.reconnect(source));
    this.listen(source, 'state', (message) => this.listener.onState(message));
    this.listen(source, 'requests', (message) => this.listener.onRequests(message));
    this.listen(source, 'plugin', (message) => this.listener.onPlugin(message));
  }

  private listen<Name extends keyof LiveMessages>(
    source: EventSource,
    name: Name,
    onMessage: (message: LiveMessages[Name]) => void,
  ): void {
    source.addEventListener(name, (event: MessageEvent<string>) => {
      this.lastMessageMs = performance.now();
      onMessage(JSON.parse(event.data) as LiveMessages[Name]);
    });
  }

  private async reconnect(source: EventSource): Promise<void> {
    source.close();
    if (source !== this.source) return;
    this.source = undefined;
    const delayMs = DELAYS_MS[Math.min(this.failures, DELAYS_MS.length - 1)] ?? 0;
    this.failures += 1;
    if (this.failures === 1) {
      this.listener.onConnection('reconnecting');
      this.connectAfter(delayMs);
      return;
    }
    const { state, retryAfterMs = delayMs } = await reasonOfFailure(URL);
    // The page was hidden or shown in the meantime.
    if (this.isPaused || this.source !== undefined) return;
    this.listener.onConnection(state);
    this.connectAfter(retryAfterMs);
  }

  /** Adds up to a quarter of the delay, so that many pages do not come back in the same moment. */
  private connectAfter(delayMs: number): void {
    clearTimeout(this.retryTimer);
    this.retryTimer = setTimeout(() => this.connect(), delayMs * (1 + Math.random() / 4));
  }

  private checkSilence(): void {
    const { source } = this;
    if (source === undefined || document.hidden) return;
    if (performance.now() - this.lastMessageMs > SILENCE_MS) void this.reconnect(source);
  }

  private pauseOrResume(): void {
    clearTimeout(this.hiddenTimer);
    if (document.hidden) this.hiddenTimer = setTimeout(() => this.pause(), HIDDEN_MS);
    else if (this.isPaused) {
      this.isPaused = false;
      this.failures = 0;
      this.listener.onConnection('connecting');
      this.connect();
    }
  }

  private pause(): void {
    this.isPaused = true;
    clearTimeout(this.retryTimer);
    this.source?.close();
    this.source = undefined;
    this.listener.onConnection('paused');
  }
}
