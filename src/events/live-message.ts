// The messages of GET /events, by their names. Only types: the page imports them, too.
import type { Isolation, LifecycleEvent } from '@pluggable/host';
import type { PluginRefState } from '@pluggable/nestjs';
import type { RequestStep, RequestStepName } from '../fibonacci/request-step.js';

/** The JSON of `data`, by the name of the event. */
export interface LiveMessages {
  /** First, then every second, and after each event of a plugin. */
  readonly state: StateMessage;
  /** After requests, at most ten times a second. */
  readonly requests: RequestsMessage;
  /** After each event of a plugin, and each change of a circuit breaker. */
  readonly plugin: PluginEventMessage;
}

export interface StateMessage {
  /** Clock of the server, in milliseconds since the Unix epoch. */
  readonly nowMs: number;
  /** Version of the application. */
  readonly version: string;
  /** Version of Node.js, without `v`. */
  readonly nodeVersion: string;
  /** Estimated duration of fib(`n`); that of fib(n + 1) is the golden ratio times as long. */
  readonly estimate: { readonly n: number; readonly ms: number };
  readonly load: LiveLoad;
  /** Cache look-ups since the start, by outcome: `hit`, `not-found`, `expired`, `corrupt`, `error`, `timeout`, `open`, `skipped`. */
  readonly lookups: Readonly<Record<string, number>>;
  readonly plugins: readonly LivePluginState[];
  /** Finished calls of plugins since the last `state` message, which another client can have received. */
  readonly calls: readonly LiveCalls[];
}

export interface LiveLoad {
  /** Worker threads that compute: all, and those that are busy. */
  readonly workers: number;
  readonly busy: number;
  /** Computations that wait for a worker. */
  readonly queued: number;
  /** Requests without a complete answer, including those of GET /events. */
  readonly requests: number;
  /** Clients of GET /events. */
  readonly viewers: number;
}

/** A plugin without its path, configuration and messages, because the events are public. */
export interface LivePluginState {
  /** Name in the application, such as `cache`. */
  readonly slot: string;
  readonly state: PluginRefState;
  /** Name and version in the manifest; null without a plugin. */
  readonly name: string | null;
  readonly version: string | null;
  /** Null without a plugin. */
  readonly isolation: Isolation | null;
  /** Methods that have been called, including `ping`. */
  readonly methods: readonly string[];
  /** Those whose circuit breaker is open. */
  readonly openBreakers: readonly string[];
  readonly restarts: number;
  readonly swaps: number;
  /** Code of the error that explains the state; null when there is none. */
  readonly error: string | null;
}

export interface LiveCalls {
  /** Name in the manifest. */
  readonly plugin: string;
  readonly method: string;
  /** Number of calls for each of `LATENCY_BOUNDS_MS` (latency-bounds.ts), and of longer ones; not cumulative. */
  readonly counts: readonly number[];
}

export interface RequestsMessage {
  /** Clock of the server, in milliseconds since the Unix epoch. */
  readonly nowMs: number;
  /** In their order. */
  readonly steps: readonly RequestStep[];
  /** Number of further steps that were left out, by name. Absent when all were sent. */
  readonly omitted?: Readonly<Partial<Record<RequestStepName, number>>>;
}

export interface PluginEventMessage {
  /** Clock of the server, in milliseconds since the Unix epoch. */
  readonly nowMs: number;
  /** Name of the plugin; for `start-failed`, the kind of its contract. */
  readonly plugin: string;
  readonly version: string | null;
  readonly event: LifecycleEvent | 'breaker-open' | 'breaker-closed';
  /** Method of a circuit breaker. */
  readonly method?: string;
  /** Code of the error. */
  readonly code?: string;
}
