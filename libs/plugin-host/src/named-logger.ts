// A plugin's log lines, under its name and without its secrets.
import type { PluginLogger } from '@pluggable/plugin-contract';
import { LOG_LEVELS, type LogLevel } from './plugin-options.js';
import { fieldsWithoutSecrets, type Mask, NOTHING_TO_MASK } from './secrets.js';

export function namedLogger(logger: PluginLogger, name: string, mask: Mask): PluginLogger {
  const prefix = `[plugin/${name}] `;
  const at =
    (level: keyof PluginLogger): PluginLogger['info'] =>
    (message, fields) =>
      mask === NOTHING_TO_MASK
        ? logger[level](prefix + message, fields)
        : logger[level](prefix + mask(message), fields && fieldsWithoutSecrets(fields, mask));
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

const drop = (): void => {};

/** A logger that drops the lines below a level. */
export function fromLevel(lowest: LogLevel, logger: PluginLogger): PluginLogger {
  const dropped = LOG_LEVELS.slice(0, LOG_LEVELS.indexOf(lowest));
  return { ...logger, ...Object.fromEntries(dropped.map((level) => [level, drop])) };
}
