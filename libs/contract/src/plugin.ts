// What a host hands to a plugin's factory, and what the factory is.

/** Where a plugin writes its log lines. The host adds the plugin's name. */
export interface PluginLogger {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

/** What a plugin knows of its host. */
export interface PluginContext<Config = unknown> {
  /** The variables that the manifest names, as its schema returned them. */
  readonly config: Config;
  /** The longest deadline of a call, in milliseconds; each call's signal tells its own. Set the limits of your own client by it. */
  readonly callTimeoutMs: number;
  /** Aborted when the host is done with this instance. */
  readonly signal: AbortSignal;
}

/** What a plugin exports, by default under the name `Factory`. */
export type PluginFactory<Instance extends object, Config = unknown> = (
  log: PluginLogger,
  context: PluginContext<Config>,
) => Instance | Promise<Instance>;
