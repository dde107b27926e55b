// The logger of a plugin: adds the plugin's name and masks its secrets.
import type { PluginLogger } from '@pluggable/contract';
import { isError, loggable, loggableFields, loggableText } from './loggable.js';
import { LOG_LEVELS, type LogLevel } from '../plugin-options.js';
import { reasonOf } from '../plugin.error.js';
import { type Mask, NOTHING_TO_MASK } from './secrets.js';

export function namedLogger(logger: PluginLogger, name: string, mask: Mask): PluginLogger {
  return safeLogger(logger, mask, `[plugin/${name}] `);
}

/** A logger that accepts any arguments and never throws. See {@link safeLogger}. */
export type SafeLogger = Record<
  keyof PluginLogger,
  (message: unknown, fields?: unknown, ...more: readonly unknown[]) => void
>;

/**
 * Wraps a logger so that it accepts any arguments and never throws. The wrapped logger receives a string and plain data. If the
 * message is an error, the error is also the field `error`; arguments after the fields become the field `arguments`.
 *
 * @param logger may throw; its errors are ignored
 * @param mask applied to every string, key and number. @default nothing is masked
 * @param prefix precedes every message. @default ''
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
        // A failing log must not fail the plugin.
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

/** Wraps a logger so that it drops the lines below a level. */
export function fromLevel(lowest: LogLevel, logger: PluginLogger): PluginLogger {
  const dropped = LOG_LEVELS.slice(0, LOG_LEVELS.indexOf(lowest));
  return { ...logger, ...Object.fromEntries(dropped.map((level) => [level, drop])) };
}
