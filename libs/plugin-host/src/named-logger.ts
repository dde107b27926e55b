// A plugin's log lines, under its name.
import type { PluginLogger } from '@pluggable/plugin-contract';

export function namedLogger(logger: PluginLogger, name: string): PluginLogger {
  const prefix = `[plugin/${name}] `;
  return {
    debug: (message, fields) => logger.debug(prefix + message, fields),
    info: (message, fields) => logger.info(prefix + message, fields),
    warn: (message, fields) => logger.warn(prefix + message, fields),
    error: (message, fields) => logger.error(prefix + message, fields),
  };
}
