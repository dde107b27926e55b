// The manifest: what a plugin says of itself, in an optional export named `manifest`.
import type { StandardSchema } from './standard-schema.js';

export interface PluginManifest<Config = unknown> {
  /** The kind of the contract that the plugin keeps. */
  readonly kind: string;
  /** The version of that contract. */
  readonly contract: number;
  /** The plugin's name: in its log lines, and in the status. */
  readonly name: string;
  /** The plugin's own version, for the status. */
  readonly version: string;
  /** Checks and converts the variables of `env`. @default the variables as they are */
  readonly config?: StandardSchema<unknown, Config> | undefined;
  /** The environment variables that the host hands to the factory, as `config`. @default none */
  readonly env?: readonly string[];
  /**
   * Variables like those of `env`, whose values are masked wherever the host shows them: in errors, in the status, and in
   * the plugin's own log lines. @default none
   */
  readonly secrets?: readonly string[];
  /**
   * What the plugin needs when it is isolated: `net`, `fs.read:<path>`, `fs.write:<path>`, `child` (processes), `worker`
   * (threads), `addons` (native code). Paths from the host's working directory. Its factory has them, its module has none
   * while it is first imported. A plugin that is pinned by a hash is refused with `worker` or `addons`: they run files that
   * the hash does not cover.
   * @default none
   */
  readonly permissions?: readonly string[];
}
