// What the host is told about a plugin: optional outside, complete inside.
import type { PluginLogger } from '@pluggable/contract';
import { guardedLogger } from './guarded-logger.js';
import { PluginError } from './plugin.error.js';

/** What the operator calls the settings, for the way out in an error. @default `the option path` and so on */
export interface SettingNames {
  readonly path: string;
  readonly factoryName: string;
  readonly startTimeoutMs: string;
  readonly callTimeoutMs: string;
  readonly integrity: string;
  readonly directory: string;
  readonly isolation?: string;
  readonly maxCallsInFlight?: string;
  readonly closeTimeoutMs?: string;
}

/** The names for a swap: what it gives itself is not in the configuration. Those that it is given win. */
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

/** Longest time of a call, in milliseconds: of all methods, or of each by its name. */
export type CallTimeouts = number | Readonly<Record<string, number>>;

/** Where a plugin runs: in this thread, in a thread of its own, in a process of its own. None is a sandbox. */
export type Isolation = (typeof ISOLATIONS)[number];
export const ISOLATIONS = ['inline', 'worker', 'process'] as const;

/** From the most talkative to the least. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const satisfies readonly (keyof PluginLogger)[];
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface PluginOptions {
  /** The plugin's file: a path, from the working directory, or a `file:` URL. */
  readonly path: string;
  /** The only folder from which the file may come, symbolic links resolved. @default empty: any */
  readonly directory?: string | undefined;
  /** The hashes of which the file must have one, as in Subresource Integrity. @default empty: any file */
  readonly integrity?: string | undefined;
  /** The export that is the factory. @default 'Factory' */
  readonly factoryName?: string | undefined;
  /** @default 'inline' */
  readonly isolation?: Isolation | undefined;
  /**
   * Longest time from looking for the file to a live plugin, its ping included, in milliseconds. Whole number >= 1.
   * @default 10000
   */
  readonly startTimeoutMs?: number | undefined;
  /**
   * Longest time that one call may take, in milliseconds: of all methods, or of each by its name. Whole numbers >= 1.
   * @default the method's `timeoutMs`, else 1000
   */
  readonly callTimeoutMs?: CallTimeouts | undefined;
  /** Most calls at a time that the plugin has not answered; further ones are refused. Whole number >= 1. @default 1024 */
  readonly maxCallsInFlight?: number | undefined;
  /**
   * Longest time that closing may take, in milliseconds. Calls in flight get the first half of it for their answers. Then it
   * is ended by force. Whole number >= 1. @default 5000
   */
  readonly closeTimeoutMs?: number | undefined;
  /** The environment from which the plugin gets the variables that its manifest names. @default process.env */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** The variables of the application itself. A plugin whose manifest names one is refused. @default none */
  readonly reservedVariables?: readonly string[] | undefined;
  /** Aborted by an application that gives up on the start: the start ends, and rejects with the reason. @default never */
  readonly signal?: AbortSignal | undefined;
  /** Where the host and the plugin log. A logger that throws does no harm. @default nowhere */
  readonly logger?: PluginLogger | undefined;
  /** The plugin's lines below this level go nowhere, and need not cross a thread or a process. @default 'debug' */
  readonly logLevel?: LogLevel | undefined;
  readonly settingNames?: Partial<SettingNames> | undefined;
}

export interface FilledPluginOptions {
  readonly path: string;
  readonly directory: string;
  readonly integrity: string;
  readonly factoryName: string;
  readonly isolation: Isolation;
  readonly startTimeoutMs: number;
  readonly callTimeoutMs: CallTimeouts;
  readonly maxCallsInFlight: number;
  readonly closeTimeoutMs: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly reservedVariables: readonly string[];
  readonly signal: AbortSignal | undefined;
  readonly logger: PluginLogger;
  readonly logLevel: LogLevel;
  readonly settingNames: SettingNames;
}

/** The names of all options, and of nothing else. */
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

/** The longest time of Node's timers, about 25 days: a longer one would end at once. In milliseconds. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * The options with their defaults.
 * @throws PluginError PLUGIN_OPTION_INVALID when a number is not a whole number >= 1, a time is longer than timers are, the
 * isolation is none, or an option has another name
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
      throw wrong('callTimeoutMs', given, 'a whole number of milliseconds, or one for each method');
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

/** @param option its name, for the way out */
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

/** @returns PluginError PLUGIN_OPTION_INVALID, of an option that would be ignored, such as a misspelt one */
function unknownOption(path: string, name: string): PluginError {
  const found = `the unknown option ${JSON.stringify(name)}`;
  const fix = 'correct its name, or leave it out';
  return new PluginError('PLUGIN_OPTION_INVALID', { path, found, wanted: 'options that there are', fix });
}
