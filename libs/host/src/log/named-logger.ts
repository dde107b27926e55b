// A plugin's log lines, under its name and without its secrets.
import type { PluginLogger } from '@pluggable/contract';
import { isError, loggable, loggableFields, loggableText } from './loggable.js';
import { LOG_LEVELS, type LogLevel } from '../plugin-options.js';
import { reasonOf } from '../plugin.error.js';
import { type Mask, NOTHING_TO_MASK } from './secrets.js';

export function namedLogger(logger: PluginLogger, name: string, mask: Mask): PluginLogger {
  return safeLogger(logger, mask, `[plugin/${name}] `);
}

export type SafeLogger = Record<
  keyof PluginLogger,
  (message: unknown, fields?: unknown, ...more: readonly unknown[]) => void
>;

/**
 * A logger that takes whatever it is given and never throws, even when the one behind it does. That one gets a text and plain
 * data. An error as the message is also the field `error`; arguments after the fields are the field `arguments`.
 *
 * @param mask applied to every string, key and number @default nothing is masked
 */
export function safeLogger(logger: PluginLogger, mask: Mask = NOTHING_TO_MASK, prefix = ''): SafeLogger {
  const at =
    (level: keyof PluginLogger) =>
    (message: unknown, fields?: unknown, ...more: readonly unknown[]): void => {
      try {
        const described = {
          ...(isError(message) && loggableFields(message, mask)),
          ...loggableFields(fields, mask),
          ...(more.length > 0 && { arguments: loggable(more, mask) }),
        };
        const hasFields = Object.keys(described).length > 0 || fields !== undefined;
        logger[level](prefix + textOf(message, mask), hasFields ? described : undefined);
      } catch {
        // A plugin does not fail because its log does.
      }
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

function textOf(message: unknown, mask: Mask): string {
  if (typeof message === 'string') return loggableText(message, mask);
  if (isError(message)) return loggableText(reasonOf(message), mask);
  const plain = loggable(message, mask);
  return typeof plain === 'string' ? plain : (JSON.stringify(plain) ?? 'undefined');
}

const drop = (): void => {};

/** A logger that drops the lines below a level. */
export function fromLevel(lowest: LogLevel, logger: PluginLogger): PluginLogger {
  const dropped = LOG_LEVELS.slice(0, LOG_LEVELS.indexOf(lowest));
  return { ...logger, ...Object.fromEntries(dropped.map((level) => [level, drop])) };
}
