// The logger of Nest, on pino. Lines below warning describe the wiring and get level trace.
import type { LoggerService } from '@nestjs/common';
import { safeLogger, type SafeLogger } from '@pluggable/host';
import type { Logger } from 'pino';
import { pluginLogger } from './logger.js';

export class NestLogger implements LoggerService {
  private readonly lines: SafeLogger;

  constructor(logger: Logger) {
    this.lines = safeLogger({ ...pluginLogger(logger), debug: (message, fields) => logger.trace(fields, message) });
  }

  log(message: unknown, context?: unknown): void {
    this.lines.debug(message, { context });
  }

  debug(message: unknown, context?: unknown): void {
    this.lines.debug(message, { context });
  }

  verbose(message: unknown, context?: unknown): void {
    this.lines.debug(message, { context });
  }

  warn(message: unknown, context?: unknown): void {
    this.lines.warn(message, { context });
  }

  error(message: unknown, ...details: unknown[]): void {
    this.lines.error(message, { details });
  }
}
