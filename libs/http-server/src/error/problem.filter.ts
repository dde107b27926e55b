// The answer to a failed handler.
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, NotFoundException } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { Logger } from 'pino';
import { allowedMethods } from './allowed-methods.js';
import { ClientGone } from '../request/client-gone.js';
import { refuseUnread } from '../connection/linger.js';
import { ProblemException } from '../problem/problem.exception.js';
import { LAST, type Problem, writeProblem } from '../problem/problem.js';
import { hasBody } from '../request/unwanted-body.js';

export interface ProblemFilterOptions {
  readonly log: Logger;
  /** The problem for an error of the application; undefined for an unknown error. */
  readonly problemOf: (error: unknown) => Problem | undefined;
}

@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly options: ProblemFilterOptions) {}

  catch(exception: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<Request>();
    const response = http.getResponse<Response>();
    if (exception instanceof ClientGone || response.headersSent) {
      // A complete answer comes from another handler, and may be on its way.
      if (!response.writableEnded) response.destroy();
      return;
    }
    const problem = this.problemOf(exception, request);
    if (request.complete || !hasBody(request)) writeProblem(response, problem);
    else refuseUnread(request, response, { ...problem, headers: { ...problem.headers, ...LAST } });
  }

  private problemOf(exception: unknown, request: Request): Problem {
    const known = exception instanceof ProblemException ? exception.problem : this.options.problemOf(exception);
    if (known !== undefined) return known;
    if (exception instanceof NotFoundException) {
      const allowed = allowedMethods(request);
      const asked = `${request.method} ${request.path}`;
      return allowed.length === 0
        ? { status: 404, detail: `no route for ${asked}` }
        : {
            status: 405,
            detail: `no route for ${asked}; allowed: ${allowed.join(', ')}`,
            headers: { Allow: allowed.join(', ') },
          };
    }
    if (exception instanceof HttpException) {
      return { status: exception.getStatus(), detail: exception.message };
    }
    this.options.log.error({ err: exception, method: request.method, url: request.originalUrl }, 'request failed');
    return { status: 500, detail: 'the request failed; the log says why' };
  }
}
