// What a failed handler is answered with.
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
import { refuseUnread } from './linger.js';
import { LAST, type Problem, writeProblem } from './problem.js';
import { hasBody } from './unwanted-body.js';

const FAILURES: Readonly<Record<FailureKind, { readonly status: number; readonly error: string }>> = {
  invalid: { status: 400, error: 'invalid value' },
  unauthorized: { status: 401, error: 'unauthorized' },
  throttled: { status: 429, error: 'too many wrong tokens' },
  refused: { status: 422, error: 'refused' },
  overloaded: { status: 503, error: 'overloaded' },
  deadline: { status: 504, error: 'timed out' },
  unready: { status: 503, error: 'not ready' },
};

@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(@Inject(LOGGER) private readonly log: Logger) {}

  catch(exception: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<Request>();
    const response = http.getResponse<Response>();
    if (exception instanceof ClientGone || response.headersSent) {
      // An answer that is complete was somebody else's, and may be on its way.
      if (!response.writableEnded) response.destroy();
      return;
    }
    const problem = this.problemOf(exception, request);
    if (request.complete || !hasBody(request)) writeProblem(response, problem);
    else refuseUnread(request, response, { ...problem, headers: { ...problem.headers, ...LAST } });
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
