// The manifest of a plugin: its optional export named `manifest`.
import type { StandardSchema } from './standard-schema.js';

/** Description of a plugin: its contract, name, configuration and permissions. {@link definePlugin} creates it. */
export interface PluginManifest<Config = unknown> {
  /** Kind of the contract that the plugin implements. At most 200 characters. */
  readonly kind: string;
  /** Version of that contract. Whole number. */
  readonly contract: number;
  /** Name of the plugin, in log lines and status. At most 200 characters. */
  readonly name: string;
  /** Version of the plugin itself, for the status. At most 200 characters. */
  readonly version: string;
  /** Schema that validates and converts the variables of `env` and `secrets`. @default the variables unchanged */
  readonly config?: StandardSchema<unknown, Config> | undefined;
  /** Environment variables that the host passes to the factory as `config`. @default none */
  readonly env?: readonly string[];
  /** Like `env`, but the host masks the values in errors, in the status and in the plugin's log lines. @default none */
  readonly secrets?: readonly string[];
  /**
   * Permissions that the plugin needs in a worker or a process: `net`, `fs.read:<path>`, `fs.write:<path>`, `child` (child
   * processes), `worker` (threads), `addons` (native code). Relative paths start at the working directory of the host.
   *
   * The factory and the instance have these permissions. The module has none while it is imported for the first time. A plugin
   * that is pinned by a hash must not ask for `worker` or `addons`, because they run files that the hash does not cover.
   * @default none
   */
  readonly permissions?: readonly string[];
  /**
   * Names of the tracing channels (`node:diagnostics_channel`) of the plugin's libraries, such as `ioredis:command`. When a call is
   * traced, the host collects their operations as spans. Strings, numbers and booleans of the channel's messages are sent to the
   * tracing system of the operator: name only channels without secrets. @default none
   */
  readonly telemetry?: readonly string[];
}
