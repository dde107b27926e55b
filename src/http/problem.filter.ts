// Every answer that is not a success, in one shape: RFC 9457 problem details, with the original's `error` beside them.
import { STATUS_CODES } from 'node:http';
import {
  type ArgumentsHost,
  Catch,
  type ExceptionFilter,
  HttpException,
  Inject,
  NotFoundException,
} from '@nestjs/common';
import type { Request, Response } from 'express';
import { LOGGER, type Logger } from '../ops/logger.js';
import { allowedMethods } from './allowed-methods.js';
import { ClientGone } from './client-gone.js';
import { Failure, type FailureKind } from './failure.js';

interface Problem {
  readonly status: number;
  readonly detail: string;
  /** Short and stable, as the original answers. @default the title in lower case */
  readonly error?: string;
  readonly code?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

const FAILURES: Readonly<Record<FailureKind, { readonly status: number; readonly error: string }>> = {
  invalid: { status: 400, error: 'invalid value' },
  unauthorized: { status: 401, error: 'unauthorized' },
  refused: { status: 422, error: 'refused' },
  overloaded: { status: 503, error: 'overloaded' },
  deadline: { status: 504, error: 'timed out' },
};

@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(@Inject(LOGGER) private readonly log: Logger) {}

  catch(exception: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<Request>();
    const response = http.getResponse<Response>();
    if (exception instanceof ClientGone || response.headersSent) {
      response.destroy();
      return;
    }
    const { status, detail, error, code, headers = {} } = this.problemOf(exception, request);
    const title = STATUS_CODES[status] ?? 'Error';
    response
      .status(status)
      .set(headers)
      .type('application/problem+json')
      .send(JSON.stringify({ type: 'about:blank', title, status, detail, error: error ?? title.toLowerCase(), code }));
  }

  private problemOf(exception: unknown, request: Request): Problem {
    if (exception instanceof Failure) {
      const { kind, message } = exception;
      const { retryAfterMs, code } = exception.details;
      const headers = {
        ...(retryAfterMs !== undefined && { 'Retry-After': String(Math.ceil(retryAfterMs / 1000)) }),
        ...(kind === 'unauthorized' && { 'WWW-Authenticate': 'Bearer' }),
      };
      return { ...FAILURES[kind], detail: message, code, headers };
    }
    if (exception instanceof NotFoundException) {
      const allowed = allowedMethods(request);
      const asked = `${request.method} ${request.path}`;
      return allowed.length === 0
        ? { status: 404, detail: `there is no ${asked}` }
        : {
            status: 405,
            detail: `there is no ${asked}; allowed: ${allowed.join(', ')}`,
            headers: { Allow: allowed.join(', ') },
          };
    }
    if (exception instanceof HttpException) {
      return { status: exception.getStatus(), detail: exception.message };
    }
    this.log.error({ err: exception, method: request.method, url: request.originalUrl }, 'request failed');
    return { status: 500, detail: 'the request failed; the log says why' };
  }
}
