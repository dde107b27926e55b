// Reads the body of a request as JSON, when the guards have let it pass.
import type { IncomingMessage } from 'node:http';
import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { ExpressAdapter } from '@nestjs/platform-express';
import { json, type Request, type Response } from 'express';
import type { Observable } from 'rxjs';

/**
 * A middleware would read it before any guard runs. A client that waits to be asked for its body (`Expect: 100-continue`) is
 * asked here, and not when it is refused.
 */
@Injectable()
export class JsonBody implements NestInterceptor {
  private readonly parse = json({ limit: '16kb', strict: false });

  constructor(private readonly host: HttpAdapterHost<ExpressAdapter>) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const http = context.switchToHttp();
    const response = http.getResponse<Response>();
    const request = http.getRequest<Request>();
    if (waitsToBeAsked(request)) response.writeContinue();
    await new Promise<void>((resolve, reject) => {
      this.parse(request, response, (error?: unknown) => {
        if (error === undefined) resolve();
        else reject(this.host.httpAdapter.mapException(error));
      });
    });
    return next.handle();
  }
}

function waitsToBeAsked({ headers }: IncomingMessage): boolean {
  return headers.expect?.toLowerCase() === '100-continue';
}
