// Options of one plugin, and defaults for all plugins of an application.
import type { PluginOptions, SettingNames } from '@pluggable/host';

/** Defaults for all plugins, set by `PluginModule.forRoot`. An option of a plugin wins. */
export interface PluginDefaults extends Pick<
  PluginOptions,
  | 'isolation'
  | 'startTimeoutMs'
  | 'maxCallsInFlight'
  | 'closeTimeoutMs'
  | 'env'
  | 'reservedVariables'
  | 'signal'
  | 'logger'
  | 'logLevel'
> {
  /** Longest time of one call, in milliseconds. Whole number >= 1. @default the method's `timeoutMs`, else 1000 */
  readonly callTimeoutMs?: number | undefined;
  /**
   * The only folder from which plugins may come, at start and, without `swapWithin`, by a swap; symbolic links resolved.
   * @default any; then nothing is swapped
   */
  readonly within?: string | undefined;
}

/**
 * Everything about a plugin but its path and its fallback.
 *
 * `signal`: Nest calls no lifecycle hook when a start fails after a plugin has opened. Abort the signal then, and the plugin ends.
 * It is needed only with `abortOnError: false`; else Nest ends the process. `logger`: @default Nest's.
 */
export interface PluginSettings extends Omit<PluginOptions, 'path' | 'directory' | 'settingNames'> {
  /** The operator's names of the settings, for error messages. @default 'the option path' and so on */
  readonly settingNames?: PluginSettingNames | undefined;
  /** The only folder from which the plugin may come at start; symbolic links resolved. @default that of `forRoot` */
  readonly within?: string | undefined;
  /** The only folder from which a swap loads, inside `within` or not. @default `within`; without either, nothing is swapped */
  readonly swapWithin?: string | undefined;
  /** The name of the fallback in the log. @default 'its fallback' */
  readonly fallbackName?: string | undefined;
}

/** The operator's names of the settings. */
export type PluginSettingNames = Partial<Omit<SettingNames, 'directory'>> & {
  readonly within?: string;
  readonly swapWithin?: string;
};

/** The plugin of one injection token. Without a path, or with `required: false`, it needs a fallback. */
export type PluginModuleOptions<T extends object> = PluginSettings & (WithPath<T> | WithFallback<T>);

/** The same from other providers: they know at the start whether there is a path. Without one, a fallback is needed then. */
export type PluginModuleAsyncOptions<T extends object> = PluginSettings & {
  readonly path?: string | undefined;
  readonly required?: boolean | undefined;
  readonly fallback?: T | undefined;
};

interface WithPath<T extends object> {
  /** The plugin's file: a path, from the working directory, or a `file:` URL. */
  readonly path: string;
  readonly required?: true | undefined;
  readonly fallback?: T | undefined;
}

interface WithFallback<T extends object> {
  /** @default empty: the fallback serves */
  readonly path?: string | undefined;
  /** Whether a plugin that cannot start fails the start; else the fallback serves, and the plugin is tried again. @default true */
  readonly required?: boolean | undefined;
  /** Serves while there is no plugin. */
  readonly fallback: T;
}

/** The plugins of a folder. A path of `directory` is from the working directory. */
export interface PluginFolderOptions extends Omit<
  PluginSettings,
  'within' | 'swapWithin' | 'fallbackName' | 'integrity' | 'settingNames'
> {
  /** The operator's names of the settings, for error messages. @default 'the option directory' and so on */
  readonly settingNames?: Partial<SettingNames> | undefined;
  /**
   * The folder: `within` of `forRoot`, or one in it. Every file in it that ends in `.mjs`, `.js` or `.cjs` is opened; folders in
   * it are not.
   */
  readonly directory: string;
}
