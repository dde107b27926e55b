// The application's logger: pino, to standard output.
import type { PluginLogger } from '@pluggable/plugin-contract';
import type { LogLevel } from '@pluggable/plugin-host';
import { type DestinationStream, type Logger, pino } from 'pino';
import pretty from 'pino-pretty';
import sonicBoom from 'sonic-boom';
import type { AppConfig } from '../config/config.js';

export type { Logger };

/** Provides the {@link Logger}. */
export const LOGGER = Symbol('LOGGER');

/** Lines wait for this long, in milliseconds, or until there are so many bytes of them, so that many share one write. */
const FLUSH_MS = 50;
const BUFFER_BYTES = 64 * 1024;

export function createLogger({ level, format }: AppConfig['log']): Logger {
  const stream =
    format === 'pretty' ? pretty({ sync: true, singleLine: true, ignore: 'pid,hostname' }) : bufferedStdout();
  return pino({ level, base: { pid: process.pid }, timestamp: isoTime() }, stream);
}

/** The time in ISO 8601, as pino's own, but written once for all lines of a millisecond. */
function isoTime(): () => string {
  let writtenMs: number | undefined;
  let time = '';
  return () => {
    const nowMs = Date.now();
    if (nowMs !== writtenMs) {
      writtenMs = nowMs;
      time = `,"time":"${new Date(nowMs).toISOString()}"`;
    }
    return time;
  };
}

/**
 * Standard output with a buffer that the end of the process writes. When nobody reads it any more, the service goes on
 * without a log. Not pino's own destination: sonic-boom 4 tries for ever to write the rest to a closed pipe.
 */
function bufferedStdout(): DestinationStream {
  const stdout = new sonicBoom.SonicBoom({
    fd: 1,
    sync: false,
    minLength: BUFFER_BYTES,
    maxWrite: 2 * BUFFER_BYTES,
    periodicFlush: FLUSH_MS,
    // As text it would measure the whole buffer at each line.
    contentMode: 'buffer',
  });
  let isRead = true;
  stdout.on('error', () => (isRead = false));
  process.on('exit', () => {
    if (!isRead) return;
    try {
      stdout.flushSync();
    } catch {
      // Nobody reads it.
    }
  });
  return {
    write: (line) => {
      // Its types know text only.
      if (isRead) stdout.write(Buffer.from(line) as unknown as string);
    },
  };
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

/** The lowest level at which a plugin's lines are written. */
export function pluginLogLevel(log: Logger): LogLevel {
  return (['debug', 'info', 'warn'] as const).find((level) => log.isLevelEnabled(level)) ?? 'error';
}
