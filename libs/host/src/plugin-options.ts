// Options of a plugin: optional for callers, complete inside the host.
import type { PluginLogger } from '@pluggable/contract';
import { guardedLogger } from './guarded-logger.js';
import { PluginError } from './plugin.error.js';

/**
 * Names under which an operator knows the options, for example environment variables. Error messages use them.
 * @example { path: 'MAILER_PLUGIN', callTimeoutMs: 'MAILER_TIMEOUT' }
 */
export interface SettingNames {
  /** Name of the setting for `path`. @default 'the option path' */
  readonly path: string;
  /** Name of the setting for `factoryName`. @default 'the option factoryName' */
  readonly factoryName: string;
  /** Name of the setting for `startTimeoutMs`. @default 'the option startTimeoutMs' */
  readonly startTimeoutMs: string;
  /** Name of the setting for `callTimeoutMs`. @default 'the option callTimeoutMs' */
  readonly callTimeoutMs: string;
  /** Name of the setting for `integrity`. @default 'the option integrity' */
  readonly integrity: string;
  /** Name of the setting for `directory`. @default 'the option directory' */
  readonly directory: string;
  /** Name of the setting for `isolation`. @default 'the option isolation' */
  readonly isolation?: string;
  /** Name of the setting for `maxCallsInFlight`. @default 'the option maxCallsInFlight' */
  readonly maxCallsInFlight?: string;
  /** Name of the setting for `closeTimeoutMs`. @default 'the option closeTimeoutMs' */
  readonly closeTimeoutMs?: string;
}

/** Setting names for a swap: options that the swap sets are not in the configuration. Names in the change take precedence. */
export function settingNamesOfSwap(
  change: Pick<PluginOptions, 'factoryName' | 'settingNames'>,
  names: Partial<SettingNames> | undefined,
): Partial<SettingNames> {
  const own = { path: 'the path of the swap', integrity: 'the integrity of the swap' };
  return {
    ...names,
    ...own,
    ...(change.factoryName !== undefined && { factoryName: 'the factoryName of the swap' }),
    ...change.settingNames,
  };
}

/** Longest time that one call may take, in milliseconds: one number for all methods, or one for each method name. */
export type CallTimeouts = number | Readonly<Record<string, number>>;

/**
 * Where a plugin runs: `inline` in the host's thread, `worker` in a separate thread, `process` in a separate process. Isolation
 * limits failures and accidents; it is not a sandbox for hostile code.
 */
export type Isolation = (typeof ISOLATIONS)[number];
/** All values of {@link Isolation}. */
export const ISOLATIONS = ['inline', 'worker', 'process'] as const;

/** All values of {@link LogLevel}, from the most to the least verbose. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const satisfies readonly (keyof PluginLogger)[];
/** Level of a log line. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Options of {@link openPlugin}. */
export interface PluginOptions {
  /** File of the plugin: a path, relative to the working directory, or a `file:` URL. */
  readonly path: string;
  /** Folder in which the file must be, after symbolic links are resolved. @default '' (any folder) */
  readonly directory?: string | undefined;
  /**
   * Accepted hashes of the file, in the format of Subresource Integrity: `sha256-<base64>`, several separated by spaces. A plugin
   * with a hash may import only `node:` modules. @default '' (any file)
   */
  readonly integrity?: string | undefined;
  /** Name of the export that is the factory. @default 'Factory' */
  readonly factoryName?: string | undefined;
  /** Where the plugin runs. @default 'inline' */
  readonly isolation?: Isolation | undefined;
  /** Longest time of a start, from locating the file to the first ping, in milliseconds. Whole number >= 1. @default 10000 */
  readonly startTimeoutMs?: number | undefined;
  /**
   * Longest time that one call may take, in milliseconds: one number for all methods, or one for each method name. Whole
   * numbers >= 1. @default the method's `timeoutMs`, else 1000
   */
  readonly callTimeoutMs?: CallTimeouts | undefined;
  /** Most unanswered calls at a time; further calls reject with PLUGIN_OVERLOADED. Whole number >= 1. @default 1024 */
  readonly maxCallsInFlight?: number | undefined;
  /**
   * Longest time of a close, in milliseconds. Calls in flight have the first half of it for their answers. When it is over, a
   * worker or process is killed. Whole number >= 1. @default 5000
   */
  readonly closeTimeoutMs?: number | undefined;
  /** Source of the variables that the manifest names. @default process.env */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Variables that no plugin may read, such as the application's own. A manifest that names one is refused. @default none */
  readonly reservedVariables?: readonly string[] | undefined;
  /** Ends the start when it is aborted; the start then rejects with its reason. @default never aborted */
  readonly signal?: AbortSignal | undefined;
  /** Logger of the host and of the plugin. Errors that it throws are ignored. @default no log */
  readonly logger?: PluginLogger | undefined;
  /** Lowest level of the plugin's log lines; lower ones are dropped inside the worker or process. @default 'debug' */
  readonly logLevel?: LogLevel | undefined;
  /** Names of the options in error messages. @default 'the option path' and so on */
  readonly settingNames?: Partial<SettingNames> | undefined;
}

/** {@link PluginOptions} with all defaults filled in. */
export interface FilledPluginOptions {
  /** See {@link PluginOptions.path}. */
  readonly path: string;
  /** See {@link PluginOptions.directory}. */
  readonly directory: string;
  /** See {@link PluginOptions.integrity}. */
  readonly integrity: string;
  /** See {@link PluginOptions.factoryName}. */
  readonly factoryName: string;
  /** See {@link PluginOptions.isolation}. */
  readonly isolation: Isolation;
  /** See {@link PluginOptions.startTimeoutMs}. In milliseconds. */
  readonly startTimeoutMs: number;
  /** See {@link PluginOptions.callTimeoutMs}. In milliseconds; a method that is not named has the default. */
  readonly callTimeoutMs: CallTimeouts;
  /** See {@link PluginOptions.maxCallsInFlight}. */
  readonly maxCallsInFlight: number;
  /** See {@link PluginOptions.closeTimeoutMs}. In milliseconds. */
  readonly closeTimeoutMs: number;
  /** See {@link PluginOptions.env}. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** See {@link PluginOptions.reservedVariables}. */
  readonly reservedVariables: readonly string[];
  /** See {@link PluginOptions.signal}. */
  readonly signal: AbortSignal | undefined;
  /** See {@link PluginOptions.logger}. It never throws. */
  readonly logger: PluginLogger;
  /** See {@link PluginOptions.logLevel}. */
  readonly logLevel: LogLevel;
  /** See {@link PluginOptions.settingNames}. */
  readonly settingNames: SettingNames;
}

/** The names of all options. */
const OPTION_NAMES: Readonly<Record<keyof PluginOptions, true>> = {
  path: true,
  directory: true,
  integrity: true,
  factoryName: true,
  isolation: true,
  startTimeoutMs: true,
  callTimeoutMs: true,
  maxCallsInFlight: true,
  closeTimeoutMs: true,
  env: true,
  reservedVariables: true,
  signal: true,
  logger: true,
  logLevel: true,
  settingNames: true,
};

/** Longest delay of a Node timer, in milliseconds (about 25 days). A longer timer fires at once. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Checks the options and fills in the defaults.
 * @throws PluginError PLUGIN_OPTION_INVALID for a number that is not a whole number >= 1, a time beyond the longest timer (about
 * 25 days), an unknown isolation or an unknown option
 */
export function fillOptions(options: PluginOptions): FilledPluginOptions {
  const settingNames: SettingNames = {
    path: 'the option path',
    factoryName: 'the option factoryName',
    startTimeoutMs: 'the option startTimeoutMs',
    callTimeoutMs: 'the option callTimeoutMs',
    integrity: 'the option integrity',
    directory: 'the option directory',
    ...options.settingNames,
  };
  const wrong = (name: string, value: unknown, wanted: string): PluginError => {
    const [option = name] = name.split('.');
    const found = `${name} ${typeof value === 'string' ? JSON.stringify(value) : String(value)}`;
    return wrongOption({ path: options.path, settingNames }, option, found, wanted);
  };
  const wholeNumber = (name: string, value: number, unit = '', most = Number.MAX_SAFE_INTEGER): number => {
    if (Number.isSafeInteger(value) && value >= 1 && value <= most) return value;
    const bounds = Number.isSafeInteger(value) && value > most ? `at most ${most}` : 'at least 1';
    throw wrong(name, value, `a whole number${unit}, ${bounds}`);
  };
  const milliseconds = (name: string, value: number): number =>
    wholeNumber(name, value, ' of milliseconds', LONGEST_TIMER_MS);
  const callTimeouts = (given: CallTimeouts): CallTimeouts => {
    if (typeof given === 'number') return milliseconds('callTimeoutMs', given);
    if (typeof given !== 'object') {
      throw wrong('callTimeoutMs', given, 'a whole number of milliseconds, or an object with one for each method');
    }
    for (const [method, ms] of Object.entries(given)) milliseconds(`callTimeoutMs.${method}`, ms);
    return given;
  };
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(OPTION_NAMES, name));
  if (unknown !== undefined) throw unknownOption(options.path, unknown);
  const { isolation = 'inline' } = options;
  if (!ISOLATIONS.includes(isolation)) throw wrong('isolation', isolation, `one of ${ISOLATIONS.join(', ')}`);
  return {
    path: options.path,
    directory: options.directory ?? '',
    integrity: options.integrity ?? '',
    factoryName: options.factoryName ?? 'Factory',
    isolation,
    startTimeoutMs: milliseconds('startTimeoutMs', options.startTimeoutMs ?? 10_000),
    callTimeoutMs: callTimeouts(options.callTimeoutMs ?? {}),
    maxCallsInFlight: wholeNumber('maxCallsInFlight', options.maxCallsInFlight ?? 1_024),
    closeTimeoutMs: milliseconds('closeTimeoutMs', options.closeTimeoutMs ?? 5_000),
    env: options.env ?? process.env,
    reservedVariables: options.reservedVariables ?? [],
    signal: options.signal,
    logger: guardedLogger(options.logger),
    logLevel: options.logLevel ?? 'debug',
    settingNames,
  };
}

/** @param option name of the option to correct */
export function wrongOption(
  { path, settingNames }: Pick<FilledPluginOptions, 'path' | 'settingNames'>,
  option: string,
  found: string,
  wanted: string,
): PluginError {
  const names: Readonly<Record<string, string>> = { ...settingNames };
  const fix = `correct ${names[option] ?? `the option ${option}`}`;
  return new PluginError('PLUGIN_OPTION_INVALID', { path, found, wanted, fix });
}

function unknownOption(path: string, name: string): PluginError {
  const found = `the unknown option ${JSON.stringify(name)}`;
  const fix = 'correct its name or remove it';
  return new PluginError('PLUGIN_OPTION_INVALID', { path, found, wanted: 'a known option', fix });
}
