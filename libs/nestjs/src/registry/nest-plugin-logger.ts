// The logger of a plugin when the application gives none: Nest's own, fields behind the message.
import { inspect } from 'node:util';
import { Logger } from '@nestjs/common';
import type { PluginLogger } from '@pluggable/contract';

/**
 * Nest's logger for a plugin: the fields follow the message, on one line.
 * @param context what Nest's logger shows in brackets
 */
export function nestPluginLogger(context: string): PluginLogger {
  const logger = new Logger(context);
  return {
    debug: (message, fields) => Logger.isLevelEnabled('debug') && logger.debug(text(message, fields)),
    info: (message, fields) => logger.log(text(message, fields)),
    warn: (message, fields) => logger.warn(text(message, fields)),
    error: (message, fields) => logger.error(text(message, fields)),
  };
}

/** All of them, on one line: the host has bounded them. */
const FIELDS = { breakLength: Infinity, compact: true, depth: null, maxArrayLength: null, maxStringLength: null };

function text(message: string, fields?: Record<string, unknown>): string {
  return fields === undefined ? message : `${message} ${inspect(fields, FIELDS)}`;
}
