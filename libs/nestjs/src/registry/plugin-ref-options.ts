// Options of a plugin, and defaults for all plugins of an application.
import type { PluginOptions, SettingNames } from '@pluggable/host';

/** Defaults for all plugins, set by `PluginModule.forRoot`. Options of a plugin take precedence. */
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
  /** Longest time that one call may take, in milliseconds. Whole number >= 1. @default the method's `timeoutMs`, else 1000 */
  readonly callTimeoutMs?: number | undefined;
  /**
   * Folder in which plugin files must be, after symbolic links are resolved. It also applies to swaps of a plugin without
   * `swapWithin`. @default any folder; then plugins without `swapWithin` cannot be swapped
   */
  readonly within?: string | undefined;
}

/** Options of a plugin other than its path and its fallback. */
export interface PluginSettings extends Omit<
  PluginOptions,
  'path' | 'directory' | 'settingNames' | 'signal' | 'logger'
> {
  /**
   * Ends the start, or closes the plugin, when it is aborted. Abort it if the start of the application fails: Nest then calls no
   * lifecycle hooks. Needed only with `abortOnError: false`; otherwise Nest ends the process. @default never aborted
   */
  readonly signal?: PluginOptions['signal'];
  /** Logger of the host and of the plugin. Errors that it throws are ignored. @default Nest's logger */
  readonly logger?: PluginOptions['logger'];
  /** Names of the options in error messages. @default 'the option path' and so on */
  readonly settingNames?: PluginSettingNames | undefined;
  /** Folder in which the file must be at the start, after symbolic links are resolved. @default `within` of `forRoot` */
  readonly within?: string | undefined;
  /** Folder from which swaps load files. It need not be inside `within`. @default `within`; without both, no swap is possible */
  readonly swapWithin?: string | undefined;
  /** Name of the fallback in the log. @default 'its fallback' */
  readonly fallbackName?: string | undefined;
}

/** Names under which an operator knows the options, for example environment variables. Error messages use them. */
export type PluginSettingNames = Partial<Omit<SettingNames, 'directory'>> & {
  /** Name of the setting for `within`. @default 'the option within' */
  readonly within?: string;
  /** Name of the setting for `swapWithin`. @default 'the option swapWithin' */
  readonly swapWithin?: string;
};

/** Options of `PluginModule.forPlugin`. Without a path, or with `required: false`, a fallback is needed. */
export type PluginModuleOptions<T extends object> = PluginSettings & (PathPluginOptions<T> | FallbackPluginOptions<T>);

/** Options of `PluginModule.forPluginAsync`. Without a path, or with `required: false`, the start needs a fallback. */
export type PluginModuleAsyncOptions<T extends object> = PluginSettings & {
  /** File of the plugin: a path, relative to the working directory, or a `file:` URL. @default '' (the fallback serves) */
  readonly path?: string | undefined;
  /** Whether the application fails to start if the plugin does. If false, the fallback serves and the start is retried. @default true */
  readonly required?: boolean | undefined;
  /** Serves while there is no plugin. @default no fallback */
  readonly fallback?: T | undefined;
};

/** Options of a plugin with a path. */
export interface PathPluginOptions<T extends object> {
  /** File of the plugin: a path, relative to the working directory, or a `file:` URL. */
  readonly path: string;
  /** The application fails to start if the plugin does. @default true */
  readonly required?: true | undefined;
  /** Not used while the plugin is required and has a path. @default no fallback */
  readonly fallback?: T | undefined;
}

/** Options of a plugin with a fallback. */
export interface FallbackPluginOptions<T extends object> {
  /** File of the plugin: a path, relative to the working directory, or a `file:` URL. @default '' (the fallback serves) */
  readonly path?: string | undefined;
  /** Whether the application fails to start if the plugin does. If false, the fallback serves and the start is retried. @default true */
  readonly required?: boolean | undefined;
  /** Serves while there is no plugin. */
  readonly fallback: T;
}

/** Options of `PluginModule.forDirectory`. */
export interface PluginFolderOptions extends Omit<
  PluginSettings,
  'within' | 'swapWithin' | 'fallbackName' | 'integrity' | 'settingNames'
> {
  /** Names of the options in error messages. @default 'the option directory' and so on */
  readonly settingNames?: Partial<SettingNames> | undefined;
  /**
   * Path of the folder, relative to the working directory. It must be `within` of `forRoot`, or inside it. Every file that ends in
   * `.mjs`, `.js` or `.cjs` is opened, except dot files; subfolders are ignored.
   */
  readonly directory: string;
}
