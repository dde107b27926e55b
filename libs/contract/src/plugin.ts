// The factory of a plugin and its arguments.

/** Structured logger: a message and optional fields. A plugin's logger adds the plugin's name to each line. */
export interface PluginLogger {
  /** Logs details for developers. */
  debug(message: string, fields?: Record<string, unknown>): void;
  /** Logs a normal event. */
  info(message: string, fields?: Record<string, unknown>): void;
  /** Logs a problem that does not stop the work. */
  warn(message: string, fields?: Record<string, unknown>): void;
  /** Logs a failure. */
  error(message: string, fields?: Record<string, unknown>): void;
}

/** The second argument of a plugin's factory. */
export interface PluginContext<Config = unknown> {
  /** The variables that the manifest names, as returned by its schema. */
  readonly config: Config;
  /** Longest deadline of any call, in milliseconds. Derive the timeouts of a back-end client from it. */
  readonly callTimeoutMs: number;
  /** Aborted when the start fails or the instance has been closed. */
  readonly signal: AbortSignal;
}

/** The function that a plugin exports, by default under the name `Factory`. It creates the instance. */
export type PluginFactory<Instance extends object, Config = unknown> = (
  log: PluginLogger,
  context: PluginContext<Config>,
) => Instance | Promise<Instance>;
