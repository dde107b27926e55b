// The application's logger: pino, to standard output.
import type { PluginLogger } from '@pluggable/plugin-contract';
import { destination, type Logger, pino, stdTimeFunctions } from 'pino';
import pretty from 'pino-pretty';
import type { AppConfig } from '../config/config.js';

export type { Logger };

/** Provides the {@link Logger}. */
export const LOGGER = Symbol('LOGGER');

/** Lines wait for this long, in milliseconds, so that many of them share one write. The end of the process writes the rest. */
const FLUSH_MS = 50;
const BUFFER_BYTES = 4 * 1024;

export function createLogger({ level, format }: AppConfig['log']): Logger {
  const stream =
    format === 'pretty'
      ? pretty({ sync: true, singleLine: true, ignore: 'pid,hostname' })
      : destination({ sync: false, minLength: BUFFER_BYTES, periodicFlush: FLUSH_MS });
  return pino({ level, base: { pid: process.pid }, timestamp: stdTimeFunctions.isoTime }, stream);
}

/** The logger as a plugin host wants it. */
export function pluginLogger(log: Logger): PluginLogger {
  return {
    debug: (message, fields) => log.debug(fields, message),
    info: (message, fields) => log.info(fields, message),
    warn: (message, fields) => log.warn(fields, message),
    error: (message, fields) => log.error(fields, message),
  };
}
