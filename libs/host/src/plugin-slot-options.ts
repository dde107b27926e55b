// The options and the status of a plugin slot.
import type { PluginStatus } from './live-plugin.js';
import type { PluginOptions } from './plugin-options.js';
import { PluginError } from './plugin.error.js';

/** Options of `PluginSlot.swap`. All other options stay as in {@link SlotOptions.plugin}. */
export interface SwapOptions extends Pick<
  PluginOptions,
  'path' | 'factoryName' | 'integrity' | 'isolation' | 'settingNames'
> {
  /** Folder in which the new file must be. @default the `directory` of {@link SlotOptions.plugin} */
  readonly directory?: string | undefined;
  /** Called with the new plugin before it serves. If it throws, the swap rejects and the old plugin stays. @default accepts any */
  readonly accept?: ((status: PluginStatus) => void) | undefined;
}

/** A failed start of the first plugin, which the slot will retry. */
export interface StartFailure {
  /** Error of the last attempt. */
  readonly error: PluginError;
  /** Number of failed attempts. */
  readonly attempts: number;
  /** Time of the next attempt. */
  readonly nextAttempt: Date;
}

/** Snapshot of a slot. */
export interface SlotStatus {
  /** Status of the live plugin; null while the slot is empty. */
  readonly plugin: PluginStatus | null;
  /** Failed start of the first plugin; null if it started or was replaced. */
  readonly failure: StartFailure | null;
  /** Number of completed swaps. */
  readonly swaps: number;
  /** Modules of which an earlier version stays in the memory of this thread, because ESM cannot be unloaded. */
  readonly reimports: number;
}

/** Options of `PluginSlot.open`. */
export interface SlotOptions<T extends object> {
  /** Options of the first plugin, and defaults for its successors. Without a path, the slot starts empty. */
  readonly plugin: Omit<PluginOptions, 'path' | 'signal'> & {
    /** File of the first plugin: a path, relative to the working directory, or a `file:` URL. @default '' (empty slot) */
    readonly path?: string | undefined;
  };
  /** Serves while the slot is empty. @default none; then `path` is needed and `required` must be true */
  readonly fallback?: T | undefined;
  /** Whether `open` rejects if the first plugin cannot start. If false, the start is retried in the background. @default true */
  readonly required?: boolean | undefined;
  /** If it is aborted, `open` rejects with its reason, or the slot closes. @default never aborted */
  readonly signal?: AbortSignal | undefined;
  /** Called with each plugin that becomes live. Errors that it throws are logged. @default nothing is called */
  readonly onLive?: (status: PluginStatus) => void;
  /** Called with each failed start that will be retried. Errors that it throws are logged. @default nothing is called */
  readonly onFailure?: (failure: StartFailure) => void;
}

/** @throws PluginError PLUGIN_PATH_INVALID when the slot can be empty */
export function refuseEmpty(
  kind: string,
  { plugin, required }: Pick<SlotOptions<object>, 'plugin' | 'required'>,
): void {
  const { path = '', settingNames } = plugin;
  if (path !== '' && (required ?? true)) return;
  throw new PluginError('PLUGIN_PATH_INVALID', {
    path,
    found:
      path === ''
        ? `neither a path of a ${kind} plugin nor a fallback`
        : 'a plugin that is not required and has no fallback',
    wanted: path === '' ? 'at least one of them' : 'a fallback that serves while the plugin is not live',
    fix: `${path === '' ? `set ${settingNames?.path ?? 'the option path'}` : 'set required to true'}, or add a fallback`,
  });
}
