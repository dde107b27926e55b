// The live events of the service, shared by all clients. Nothing is collected while there is no client.
import { type BeforeApplicationShutdown, Inject, Injectable, type MessageEvent } from '@nestjs/common';
import { PLUGIN_CHANNELS, type PluginCallMessage } from '@pluggable/host';
import { auditTime, defer, ignoreElements, interval, map, merge, type Observable, of, share, tap } from 'rxjs';
import { REQUESTS } from '../fibonacci/request-channel.js';
import type { RequestStep } from '../fibonacci/request-step.js';
import { CallLatencies } from './call-latencies.js';
import { messagesOf } from './channel-messages.js';
import { ClientPlaces } from './client-places.js';
import { EVENTS_OPTIONS, type EventsOptions } from './events.options.js';
import type { LiveCalls, LiveMessages } from './live-message.js';
import { pluginEvents } from './plugin-events.js';
import { requestMessages } from './request-messages.js';
import { LiveState } from './live-state.js';

/** Interval of the state, in milliseconds. */
const STATE_MS = 1_000;
/** Time from an event of a plugin to the state after it, in milliseconds. */
const SETTLE_MS = 50;

@Injectable()
export class LiveEvents implements BeforeApplicationShutdown {
  private readonly places: ClientPlaces;
  private readonly shared$ = defer(() => this.collect()).pipe(share());

  constructor(
    private readonly state: LiveState,
    @Inject(EVENTS_OPTIONS) { maxClients }: EventsOptions,
  ) {
    this.places = new ClientPlaces(maxClients);
  }

  /** Number of clients. */
  get clients(): number {
    return this.places.size;
  }

  /** The events for one client: a subscription. Without a place for it, it fails with NoPlace before the first event. */
  open(): Observable<MessageEvent> {
    return this.places.limited(
      merge(
        defer(() => of(this.stateEvent([]))),
        this.shared$,
      ),
    );
  }

  /** Ends the events before the server closes: they would hold the drain for its whole grace time. */
  beforeApplicationShutdown(): void {
    this.places.close();
  }

  private collect(): Observable<MessageEvent> {
    const latencies = new CallLatencies();
    const call$ = messagesOf<PluginCallMessage>(PLUGIN_CHANNELS.call).pipe(tap((call) => latencies.add(call)));
    const plugin$ = pluginEvents().pipe(share());
    return merge(
      call$.pipe(ignoreElements()),
      requestMessages(messagesOf<RequestStep>(REQUESTS)).pipe(map((data) => event('requests', data))),
      plugin$.pipe(map((data) => event('plugin', data))),
      merge(interval(STATE_MS), plugin$.pipe(auditTime(SETTLE_MS))).pipe(map(() => this.stateEvent(latencies.take()))),
    );
  }

  private stateEvent(calls: readonly LiveCalls[]): MessageEvent {
    return event('state', this.state.message(this.clients, calls));
  }
}

/** The message as text, which is written once for all clients. */
function event<Name extends keyof LiveMessages>(type: Name, data: LiveMessages[Name]): MessageEvent {
  return { type, data: JSON.stringify(data) };
}
