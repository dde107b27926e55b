// The module of GET /events.
import { type DynamicModule, Module } from '@nestjs/common';
import { MetricsRegistry } from '@pluggable/nestjs/metrics';
import { EVENTS_OPTIONS, type EventsOptions } from './events.options.js';
import { EventsController } from './events.controller.js';
import { LiveEvents } from './live-events.js';
import { LiveState } from './live-state.js';

@Module({ controllers: [EventsController], providers: [LiveEvents, LiveState] })
export class EventsModule {
  constructor(metrics: MetricsRegistry, events: LiveEvents) {
    const help = 'Clients of GET /events.';
    metrics.observe('gauge', { name: 'pluggable_event_clients', help }, () => [[events.clients]]);
  }

  /** @param fibonacci the module whose requests are shown */
  static register(options: EventsOptions, fibonacci: DynamicModule): DynamicModule {
    return {
      module: EventsModule,
      imports: [fibonacci],
      providers: [{ provide: EVENTS_OPTIONS, useValue: options }],
    };
  }
}
