// The default logger of plugins: Nest's logger with the fields after the message.
import { inspect } from 'node:util';
import { Logger } from '@nestjs/common';
import type { PluginLogger } from '@pluggable/contract';

/**
 * Creates a plugin logger that writes to Nest's logger, with message and fields on one line.
 * @param context context of Nest's logger, which it shows in brackets
 * @example PluginModule.forRoot({ logger: nestPluginLogger('plugins') })
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

/** On one line and without limits: the host has bounded the fields. */
const FIELDS = { breakLength: Infinity, compact: true, depth: null, maxArrayLength: null, maxStringLength: null };

function text(message: string, fields?: Record<string, unknown>): string {
  return fields === undefined ? message : `${message} ${inspect(fields, FIELDS)}`;
}
