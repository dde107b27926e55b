// The logger of the application: pino with standard output.
import type { PluginLogger } from '@pluggable/contract';
import type { LogLevel } from '@pluggable/host';
import { type Logger, pino } from 'pino';
import type { AppConfig } from '../config/config.js';
import { LogOutput } from './log-output.js';
import { PrettyLog } from './pretty-log.js';
import { escapeControls } from './terminal-safe.js';

export type { Logger };

/** The injection token of the {@link Logger}. */
export const LOGGER = Symbol('LOGGER');
/** The injection token of the {@link AppLog}. */
export const APP_LOG = Symbol('APP_LOG');

/** The keys of a log line that belong to the application, and those that pino-pretty shows in their place. */
const OWN_KEYS: ReadonlySet<string> = new Set([
  'level',
  'time',
  'timestamp',
  'pid',
  'hostname',
  'name',
  'caller',
  'msg',
]);

export interface AppLog {
  readonly log: Logger;
  /** Only with the format `pretty`. */
  readonly pretty: PrettyLog | undefined;
}

/** @param onDropped called with each line that is dropped because the reader is slow */
export function createLogger({ level, format }: AppConfig['log'], onDropped: () => void): AppLog {
  const isPretty = format === 'pretty';
  const output = new LogOutput({
    isUnbuffered: isPretty,
    onDropped,
    onResumed: ({ lostLines, code }) => {
      const report = (): void => log.error({ lostLines, code }, 'log interrupted');
      if (pretty === undefined) report();
      else pretty.requests.outside(report);
    },
  });
  const pretty = isPretty ? new PrettyLog(output) : undefined;
  process.on('exit', () => {
    pretty?.requests.printAll();
    output.flushAtExit();
  });
  const stream = {
    write: (line: string): void => (pretty ? pretty.write(line) : output.write(escapeControls(line))),
    flush: (): void => output.flush(),
  };
  const log = pino({ level, base: { pid: process.pid }, timestamp: isoTime() }, stream);
  return { log, pretty };
}

/** ISO 8601 time like that of pino, formatted once per millisecond. */
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

/** The logger for the plugin host. A field with a key of the application gets the prefix `plugin_`. */
export function pluginLogger(log: Logger): PluginLogger {
  return {
    debug: (message, fields) => log.debug(withoutOwnKeys(fields), message),
    info: (message, fields) => log.info(withoutOwnKeys(fields), message),
    warn: (message, fields) => log.warn(withoutOwnKeys(fields), message),
    error: (message, fields) => log.error(withoutOwnKeys(fields), message),
  };
}

function withoutOwnKeys(fields: Record<string, unknown> = {}): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [OWN_KEYS.has(key) ? `plugin_${key}` : key, value]),
  );
}

/** The lowest level at which plugin lines are written. */
export function pluginLogLevel(log: Logger): LogLevel {
  return (['debug', 'info', 'warn'] as const).find((level) => log.isLevelEnabled(level)) ?? 'error';
}
