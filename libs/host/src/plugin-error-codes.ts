// The codes of PluginError.

/**
 * The codes of PluginError. The comment of a member has the cause and the fix; its type is the step. Codes do not change.
 * `npm run docs:tables` writes docs/errors.md from this interface.
 */
export interface PluginErrorCodes {
  /**
   * An option of the host or of a Nest module is wrong: a number out of range, an unknown isolation, or an unknown
   * name.
   *
   * To do: Correct the option that the message names.
   */
  readonly PLUGIN_OPTION_INVALID: 'options';
  /**
   * Node.js is older than 22.15, or is version 23. Also: Jest loads an inline plugin by its own module loader, and the plugin is pinned or
   * its file has changed.
   *
   * To do: Upgrade Node.js. In Jest, isolate the plugin in a worker or a process, or load it without a pin.
   */
  readonly PLUGIN_RUNTIME_UNSUPPORTED: 'options';
  /**
   * The path is empty and there is no fallback, or it has a NUL character, or it is a URL other than a `file:` URL.
   * Also: `forDirectory` has no folder, or a plugin with `required: false` has no fallback.
   *
   * To do: Set the path or the folder, or give a fallback.
   */
  readonly PLUGIN_PATH_INVALID: 'locate';
  /**
   * There is no file at the path, or no folder of plugins.
   *
   * To do: Correct the path. A relative path starts at the working directory of the application.
   */
  readonly PLUGIN_NOT_FOUND: 'locate';
  /**
   * The path leads to a folder, a pipe, a socket or a device.
   *
   * To do: Point the path at the file of the plugin.
   */
  readonly PLUGIN_NOT_A_FILE: 'locate';
  /**
   * The file or the folder cannot be read; the message has the reason of the operating system.
   *
   * To do: Correct the owner or the permissions of the file. Check for a loop of symbolic links.
   */
  readonly PLUGIN_NOT_READABLE: 'locate';
  /**
   * The file is not in the only folder that is allowed, after symbolic links are resolved. Also: a swap is requested
   * and no folder for swaps is set.
   *
   * To do: Move the file into the folder, or correct the setting that the message names.
   */
  readonly PLUGIN_OUTSIDE_DIRECTORY: 'locate';
  /**
   * The pin is not a list of `sha256-`, `sha384-` or `sha512-` hashes in base64.
   *
   * To do: Compute the hash again: `openssl dgst -sha256 -binary FILE | base64`, with `sha256-` before it.
   */
  readonly PLUGIN_INTEGRITY_INVALID: 'read';
  /**
   * The bytes of the file do not have the hash of the pin.
   *
   * To do: Restore the right file. After an intended update, set the hash of the new file.
   */
  readonly PLUGIN_INTEGRITY_MISMATCH: 'read';
  /**
   * The file does not end in `.mjs`, `.js` or `.cjs`, has a syntax error, imports a module that does not exist, or
   * throws while it is imported. In isolation also: it uses a permission while it is imported, or its thread or
   * process ends before the plugin is live.
   *
   * To do: Follow the message. Bundle all imports into the file. Move access to files and the network into the
   * factory.
   */
  readonly PLUGIN_NOT_LOADABLE: 'execute';
  /**
   * A pinned plugin imports a module that is not a `node:` module. Also: a pinned and isolated plugin has the
   * permission `worker` or `addons`.
   *
   * To do: Bundle all imports into the file, or remove the pin.
   */
  readonly PLUGIN_NOT_ONE_FILE: 'execute';
  /**
   * The module has no export with the name of the factory.
   *
   * To do: Export the factory, or set its name.
   */
  readonly PLUGIN_NO_FACTORY: 'execute';
  /**
   * The export with the name of the factory is a class, or is not a function.
   *
   * To do: Export a function that returns an instance.
   */
  readonly PLUGIN_FACTORY_NOT_A_FUNCTION: 'execute';
  /**
   * A field of the manifest is missing or has a wrong type, or a permission is unknown. The message lists all
   * problems.
   *
   * To do: Correct the export `manifest`. `definePlugin` writes it for you.
   */
  readonly PLUGIN_MANIFEST_INVALID: 'handshake';
  /**
   * The plugin is for a contract of another kind.
   *
   * To do: Point the path at a plugin of the right kind.
   */
  readonly PLUGIN_WRONG_KIND: 'handshake';
  /**
   * The plugin is for a version of the contract that the application does not accept. A plugin without a manifest
   * counts as version 1.
   *
   * To do: Use a build of the plugin for the version of the application, or give the contract an adapter.
   */
  readonly PLUGIN_WRONG_CONTRACT_VERSION: 'handshake';
  /**
   * The manifest names a variable that belongs to the application.
   *
   * To do: Rename the variable in the plugin.
   */
  readonly PLUGIN_VARIABLE_RESERVED: 'handshake';
  /**
   * A variable of the plugin is missing or wrong. The message lists all problems; secrets are masked.
   *
   * To do: Correct the variables.
   */
  readonly PLUGIN_CONFIG_INVALID: 'configuration';
  /**
   * The factory throws an error.
   *
   * To do: Read the reason in the message. In isolation, check the permissions of the manifest.
   */
  readonly PLUGIN_FACTORY_THREW: 'factory';
  /**
   * The promise of an asynchronous factory rejects.
   *
   * To do: Read the reason in the message. In isolation, check the permissions of the manifest.
   */
  readonly PLUGIN_FACTORY_REJECTED: 'factory';
  /**
   * The plugin is not live within the start limit. The message names the step that takes too long.
   *
   * To do: Check the resource that the step waits for, or raise the start limit.
   */
  readonly PLUGIN_START_TIMEOUT: 'factory';
  /**
   * The factory does not return an object with all methods of the contract.
   *
   * To do: Correct the return value of the factory. The message lists the missing methods.
   */
  readonly PLUGIN_WRONG_SHAPE: 'factory';
  /**
   * The operating system gives the plugin no thread or process.
   *
   * To do: Raise the limit that the message names. If the Node of the application was replaced, restart the
   * application.
   */
  readonly PLUGIN_SPAWN_FAILED: 'isolation';
  /**
   * The thread or process of the plugin ended. Calls in flight reject with this code. The host starts the plugin
   * again.
   *
   * To do: Read the log of the plugin. Try the call again if a repeated call does no harm.
   */
  readonly PLUGIN_ENDED: 'isolation';
  /**
   * The event loop of an isolated plugin was blocked for a second. The host ends the thread or process and starts it
   * again.
   *
   * To do: Move long computations of the plugin out of its event loop.
   */
  readonly PLUGIN_BLOCKED: 'isolation';
  /**
   * The thread or process of a plugin sent a message that the protocol does not allow. The host ends it and starts
   * it again.
   *
   * To do: Check the plugin for code that writes to its parent or to file descriptors of the host.
   */
  readonly PLUGIN_MISBEHAVED: 'isolation';
  /**
   * A call is made while an isolated plugin is being started again.
   *
   * To do: Try again later. The log has the reason of the last end.
   */
  readonly PLUGIN_DOWN: 'isolation';
  /**
   * The files of the host package were updated while the application runs.
   *
   * To do: Restart the application.
   */
  readonly PLUGIN_HOST_CHANGED: 'isolation';
  /**
   * The `ping` of the new plugin fails during a swap. The old plugin stays.
   *
   * To do: Check the back end of the new plugin, then swap again.
   */
  readonly PLUGIN_NOT_USABLE: 'swap';
  /**
   * The plugin is not open yet, its token is overridden, or it comes from a folder.
   *
   * To do: Wait for the start. For a plugin of a folder, replace its file and refresh the folder.
   */
  readonly PLUGIN_NOT_SWAPPABLE: 'swap';
  /**
   * Two plugins have the same contract and name. In a folder, two files have the same name in their manifests.
   *
   * To do: Set the option `name` of one import. In a folder, remove one of the files.
   */
  readonly PLUGIN_NAME_TAKEN: 'names';
  /**
   * A call has the wrong number of arguments, or an argument that is not plain data. The call does not reach the
   * plugin.
   *
   * To do: Correct the caller.
   */
  readonly PLUGIN_WRONG_ARGUMENTS: 'call';
  /**
   * Most of the last calls of this method failed, so the host refuses further ones. It tests at most once a second
   * whether calls work again.
   *
   * To do: Check the back end of the plugin. Calls resume without a restart.
   */
  readonly PLUGIN_BREAKER_OPEN: 'call';
  /**
   * The number of calls without an answer reached `maxCallsInFlight`.
   *
   * To do: Check why the plugin is slow, or raise the limit.
   */
  readonly PLUGIN_OVERLOADED: 'call';
  /**
   * The plugin rejects with an error that is not a domain error of the contract. `cause` has its name, code and
   * message.
   *
   * To do: Read the log of the plugin.
   */
  readonly PLUGIN_CALL_FAILED: 'call';
  /**
   * A call did not end within its deadline. The plugin may still complete the work.
   *
   * To do: Check the back end of the plugin, or raise the deadline of the method.
   */
  readonly PLUGIN_CALL_TIMEOUT: 'call';
  /**
   * The answer of the plugin is not plain data, or does not match `output` of the contract.
   *
   * To do: Correct the plugin. The message names the place.
   */
  readonly PLUGIN_WRONG_ANSWER: 'call';
  /**
   * A call, a start, a swap or a refresh comes while the plugin or the application closes, or a call is cut off by
   * the close.
   *
   * To do: End the callers before the application closes.
   */
  readonly PLUGIN_CLOSED: 'close';
  /**
   * The `close` of a plugin throws, rejects or takes longer than `closeTimeoutMs`. The host then ends an isolated plugin by force, and abandons an inline one.
   *
   * To do: Read the log of the plugin.
   */
  readonly PLUGIN_CLOSE_FAILED: 'close';
}

/** A code of a PluginError, a member of {@link PluginErrorCodes}. */
export type PluginErrorCode = keyof PluginErrorCodes;

/** The names of all codes, and of nothing else. */
const CODES: Readonly<Record<PluginErrorCode, true>> = {
  PLUGIN_OPTION_INVALID: true,
  PLUGIN_RUNTIME_UNSUPPORTED: true,
  PLUGIN_PATH_INVALID: true,
  PLUGIN_NOT_FOUND: true,
  PLUGIN_NOT_A_FILE: true,
  PLUGIN_NOT_READABLE: true,
  PLUGIN_OUTSIDE_DIRECTORY: true,
  PLUGIN_INTEGRITY_INVALID: true,
  PLUGIN_INTEGRITY_MISMATCH: true,
  PLUGIN_NOT_LOADABLE: true,
  PLUGIN_NOT_ONE_FILE: true,
  PLUGIN_NO_FACTORY: true,
  PLUGIN_FACTORY_NOT_A_FUNCTION: true,
  PLUGIN_MANIFEST_INVALID: true,
  PLUGIN_WRONG_KIND: true,
  PLUGIN_WRONG_CONTRACT_VERSION: true,
  PLUGIN_VARIABLE_RESERVED: true,
  PLUGIN_CONFIG_INVALID: true,
  PLUGIN_FACTORY_THREW: true,
  PLUGIN_FACTORY_REJECTED: true,
  PLUGIN_START_TIMEOUT: true,
  PLUGIN_WRONG_SHAPE: true,
  PLUGIN_SPAWN_FAILED: true,
  PLUGIN_ENDED: true,
  PLUGIN_BLOCKED: true,
  PLUGIN_MISBEHAVED: true,
  PLUGIN_DOWN: true,
  PLUGIN_HOST_CHANGED: true,
  PLUGIN_NOT_USABLE: true,
  PLUGIN_NOT_SWAPPABLE: true,
  PLUGIN_NAME_TAKEN: true,
  PLUGIN_WRONG_ARGUMENTS: true,
  PLUGIN_BREAKER_OPEN: true,
  PLUGIN_OVERLOADED: true,
  PLUGIN_CALL_FAILED: true,
  PLUGIN_CALL_TIMEOUT: true,
  PLUGIN_WRONG_ANSWER: true,
  PLUGIN_CLOSED: true,
  PLUGIN_CLOSE_FAILED: true,
};

export const PLUGIN_ERROR_CODES = Object.keys(CODES) as readonly PluginErrorCode[];
