// A log with a limited number of lines per minute. A server can name other nodes, or fail in other ways, again and again.
import type { PluginLogger } from '@pluggable/contract';

const WINDOW_MS = 60_000;
/** Most lines of one window, besides debug. A cluster of 100 primaries needs 100 to start. */
const MOST_LINES = 300;

/** @param windowMs the time after which lines are logged again, in milliseconds */
export function limitedLog(log: PluginLogger, windowMs = WINDOW_MS): PluginLogger {
  let endMs = 0;
  let lines = 0;
  const isAllowed = (): boolean => {
    const nowMs = performance.now();
    if (nowMs >= endMs) [endMs, lines] = [nowMs + windowMs, 0];
    lines += 1;
    if (lines === MOST_LINES + 1) log.warn('too many lines; the next ones are not logged', { forMs: endMs - nowMs });
    return lines <= MOST_LINES;
  };
  const limited =
    (level: 'info' | 'warn' | 'error'): PluginLogger['info'] =>
    (message, fields) => {
      if (isAllowed()) log[level](message, fields);
    };
  return {
    debug: (message, fields) => log.debug(message, fields),
    info: limited('info'),
    warn: limited('warn'),
    error: limited('error'),
  };
}
