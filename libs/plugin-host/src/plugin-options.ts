// What the host is told about a plugin: optional outside, complete inside.
import type { PluginLogger } from '@pluggable/plugin-contract';

/** What the operator calls the settings, for the way out in an error. @default `the option path` and so on */
export interface SettingNames {
  readonly path: string;
  readonly factoryName: string;
  readonly startTimeoutMs: string;
  readonly callTimeoutMs: string;
}

export interface PluginOptions {
  /** The plugin's file: a path, from the working directory, or a `file:` URL. */
  readonly path: string;
  /** The export that is the factory. @default 'Factory' */
  readonly factoryName?: string | undefined;
  /** Longest time from reading the file to a live plugin, in milliseconds. Whole number >= 1. @default 10000 */
  readonly startTimeoutMs?: number | undefined;
  /** Longest time that one call may take, in milliseconds. Whole number >= 1. @default 100 */
  readonly callTimeoutMs?: number | undefined;
  /** Longest time that closing may take after the last call, in milliseconds. Whole number >= 1. @default 5000 */
  readonly closeTimeoutMs?: number | undefined;
  /** The environment from which the plugin gets the variables that its manifest names. @default process.env */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Where the host and the plugin log. @default nowhere */
  readonly logger?: PluginLogger | undefined;
  readonly settingNames?: Partial<SettingNames> | undefined;
}

export interface FilledPluginOptions {
  readonly path: string;
  readonly factoryName: string;
  readonly startTimeoutMs: number;
  readonly callTimeoutMs: number;
  readonly closeTimeoutMs: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly logger: PluginLogger;
  readonly settingNames: SettingNames;
}

const SILENT: PluginLogger = { debug() {}, info() {}, warn() {}, error() {} };

/** @throws RangeError when a time is not a whole number >= 1 */
export function fillOptions(options: PluginOptions): FilledPluginOptions {
  return {
    path: options.path,
    factoryName: options.factoryName ?? 'Factory',
    startTimeoutMs: milliseconds('startTimeoutMs', options.startTimeoutMs ?? 10_000),
    callTimeoutMs: milliseconds('callTimeoutMs', options.callTimeoutMs ?? 100),
    closeTimeoutMs: milliseconds('closeTimeoutMs', options.closeTimeoutMs ?? 5_000),
    env: options.env ?? process.env,
    logger: options.logger ?? SILENT,
    settingNames: {
      path: 'the option path',
      factoryName: 'the option factoryName',
      startTimeoutMs: 'the option startTimeoutMs',
      callTimeoutMs: 'the option callTimeoutMs',
      ...options.settingNames,
    },
  };
}

function milliseconds(name: string, value: number): number {
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new RangeError(`${name} is ${value}; wanted a whole number of milliseconds, at least 1`);
  }
  return value;
}
