// The telemetry of the host: channels of node:diagnostics_channel, and their messages. Without a subscriber, nothing is computed.
import { channel, tracingChannel } from 'node:diagnostics_channel';
import type { Isolation } from '../plugin-options.js';
import type { LibrarySpan } from './library-span.js';

/** The plugin of a message. */
export interface PluginIdentity {
  /** Kind of the contract, such as `cache`. */
  readonly contract: string;
  /** Name in the manifest; without a manifest, the file name without its extension. */
  readonly plugin: string;
  /** Version of the plugin itself; null without a manifest. */
  readonly version: string | null;
  /** Where the plugin runs. */
  readonly isolation: Isolation;
}

/**
 * How a call ended.
 *
 * - `answer`: with an answer
 * - `domain-error`: with an error whose code the contract declares
 * - `failure`: with another error, or a wrong answer
 * - `timeout`: at its deadline
 * - `refusal`: the host did not pass it to the plugin
 * - `abort`: its caller aborted it
 */
export type CallOutcome = 'answer' | 'domain-error' | 'failure' | 'timeout' | 'refusal' | 'abort';

/** Message of the channel `pluggable:call`: one finished call, including `ping`. */
export interface PluginCallMessage extends PluginIdentity {
  /** Name of the method. */
  readonly method: string;
  /** How the call ended. */
  readonly outcome: CallOutcome;
  /** Code of the error; undefined after an answer, and for an error without a code. */
  readonly code: string | undefined;
  /** Duration in milliseconds, including the checks of the host. */
  readonly durationMs: number;
}

/**
 * Events of a plugin.
 *
 * - `opened`: it is live
 * - `start-failed`: it could not be opened
 * - `ended`: its worker or process has ended unexpectedly
 * - `restarted`: its worker or process is live again
 * - `swapped`: it has replaced another plugin in a slot
 * - `closed`: its instance has ended
 */
export type LifecycleEvent = 'opened' | 'start-failed' | 'ended' | 'restarted' | 'swapped' | 'closed';

/** Message of the channel `pluggable:lifecycle`. */
export interface PluginLifecycleMessage extends PluginIdentity {
  /** What happened. */
  readonly event: LifecycleEvent;
  /** Path of the plugin's file; for `start-failed`, as it was configured. */
  readonly path: string;
  /** Code of the PluginError of `start-failed` and `ended`; else undefined. */
  readonly code: string | undefined;
}

/** Message of the channel `pluggable:breaker`. */
export interface PluginBreakerMessage extends PluginIdentity {
  /** Method whose circuit breaker changed. */
  readonly method: string;
  /** `open`: its calls are refused. `closed`: its calls are made again. */
  readonly state: 'open' | 'closed';
  /** Code of the error that opened the breaker; else undefined. */
  readonly code: string | undefined;
}

/**
 * Message of the tracing channel `pluggable:call`, the same object for all events of a call. For spans; to count calls, subscribe to
 * the plain channel, which costs less.
 */
export interface TracedCall extends PluginIdentity {
  /** Name of the method. */
  readonly method: string;
  /**
   * Trace context of the call, in the format of the header `traceparent` of W3C Trace Context. A subscriber of `start` sets it; the
   * plugin receives it in its call options, and the host collects spans of the plugin's libraries. @default undefined (neither)
   */
  traceparent: string | undefined;
  /** Spans of the plugin's libraries, at `asyncEnd`. At most 32; an isolated plugin is not trusted, so neither are they. */
  spans: readonly LibrarySpan[];
}

/** Names of the channels. */
export const PLUGIN_CHANNELS = {
  /** Finished calls: {@link PluginCallMessage}. Spans of calls: the tracing channel of this name, {@link TracedCall}. */
  call: 'pluggable:call',
  /** Events of plugins: {@link PluginLifecycleMessage}. */
  lifecycle: 'pluggable:lifecycle',
  /** Circuit breakers: {@link PluginBreakerMessage}. */
  breaker: 'pluggable:breaker',
} as const;

export const callChannel = channel(PLUGIN_CHANNELS.call);
const lifecycleChannel = channel(PLUGIN_CHANNELS.lifecycle);
export const breakerChannel = channel(PLUGIN_CHANNELS.breaker);
export const callTracing = tracingChannel<TracedCall>(PLUGIN_CHANNELS.call);

/** Publishes an event of a plugin. A subscriber that throws is reported by Node as an uncaught exception. */
export function publishLifecycle(
  identity: PluginIdentity,
  event: LifecycleEvent,
  { path, code }: { readonly path: string; readonly code?: string | undefined },
): void {
  if (lifecycleChannel.hasSubscribers) {
    lifecycleChannel.publish({ ...identity, event, path, code } satisfies PluginLifecycleMessage);
  }
}
