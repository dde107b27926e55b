// The logger of the application: pino with standard output.
import { createRequire } from 'node:module';
import type { PluginLogger } from '@pluggable/contract';
import type { LogLevel } from '@pluggable/host';
import { type Logger, pino } from 'pino';
import type * as pinoPretty from 'pino-pretty';
import type { AppConfig } from '../config/config.js';
import { LogOutput } from './log-output.js';
import { escapeControls, showControls } from './terminal-safe.js';

export type { Logger };

/** The injection token of the {@link Logger}. */
export const LOGGER = Symbol('LOGGER');

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

export function createLogger({ level, format }: AppConfig['log']): Logger {
  const isPretty = format === 'pretty';
  const output = new LogOutput({
    isUnbuffered: isPretty,
    onResumed: ({ lostLines, code }) => log.error({ lostLines, code }, 'log interrupted'),
  });
  process.on('exit', () => output.flushAtExit());
  const shownLine = isPretty ? prettyLine() : escapeControls;
  const stream = {
    write: (line: string): void => output.write(shownLine(line)),
    flush: (): void => output.flush(),
  };
  const log = pino({ level, base: { pid: process.pid }, timestamp: isoTime() }, stream);
  return log;
}

/** Loads pino-pretty only when it is used: loading takes as long as all of pino. */
function prettyLine(): (json: string) => string {
  const { prettyFactory } = createRequire(import.meta.url)('pino-pretty') as typeof pinoPretty;
  const prettify = prettyFactory({ singleLine: true, ignore: 'pid,hostname' });
  return (json) => prettify(showControls(json));
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
