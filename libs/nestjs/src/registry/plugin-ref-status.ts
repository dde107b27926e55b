// The status of a plugin of the application.
import type { PluginStatus, SlotStatus } from '@pluggable/host';

/**
 * State of the plugin, see `PluginState`, or:
 *
 * - `unopened`: not open yet, or its token is overridden
 * - `none`: no path is configured; the fallback serves
 * - `failed`: the start failed and is retried; the fallback serves
 */
export type PluginRefState = PluginStatus['state'] | 'unopened' | 'none' | 'failed';

/** Snapshot of a plugin of the application. Secrets are masked. */
export interface PluginRefStatus extends SlotStatus {
  /** Name in the registry: `kind/name`, or only `kind`. */
  readonly name: string;
  /** Kind of the contract. */
  readonly kind: string;
  /** Current state. */
  readonly state: PluginRefState;
  /** Plain data of the domain module, such as counters. Empty without a domain module. */
  readonly details: Readonly<Record<string, unknown>>;
}
