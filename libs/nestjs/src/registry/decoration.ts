// What a domain module puts around its plugin.
import type { PluginLogger } from '@pluggable/contract';

/** Wraps the plugin of a domain module. */
export interface Decoration<T extends object, Decorated extends object> {
  /** @returns the injected object */
  decorate(plugin: T, context: DecorationContext): Decorated;
  /** Returns plain data for the status. @default no details */
  details?(decorated: Decorated): Readonly<Record<string, unknown>>;
}

/** Context of `decorate` in a {@link PluginModuleDefinition}. */
export interface DecorationContext {
  /** Logger of the plugin. */
  readonly log: PluginLogger;
  /** Returns whether a plugin is live at this moment; otherwise the fallback serves. */
  readonly hasPlugin: () => boolean;
}
