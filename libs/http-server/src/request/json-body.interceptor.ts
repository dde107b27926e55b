// Parses the body of a request as JSON, after the guards.
import type { IncomingMessage } from 'node:http';
import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { ExpressAdapter } from '@nestjs/platform-express';
import { json, type Request, type Response } from 'express';
import type { Observable } from 'rxjs';

/**
 * A middleware would read the body before the guards run. A client with `Expect: 100-continue` is asked for its body here, so
 * never for a refused request.
 */
@Injectable()
export class JsonBody implements NestInterceptor {
  private readonly parse = json({ limit: '16kb', strict: false });

  constructor(private readonly host: HttpAdapterHost<ExpressAdapter>) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const http = context.switchToHttp();
    const response = http.getResponse<Response>();
    const request = http.getRequest<Request>();
    if (expectsContinue(request)) response.writeContinue();
    await new Promise<void>((resolve, reject) => {
      this.parse(request, response, (error?: unknown) => {
        if (error === undefined) resolve();
        else reject(this.host.httpAdapter.mapException(error));
      });
    });
    return next.handle();
  }
}

function expectsContinue({ headers }: IncomingMessage): boolean {
  return headers.expect?.toLowerCase() === '100-continue';
}
