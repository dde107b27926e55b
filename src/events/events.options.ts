// The options of the events module.

export interface EventsOptions {
  /** Most clients at the same time. */
  readonly maxClients: number;
}

export const EVENTS_OPTIONS = Symbol('events options');
