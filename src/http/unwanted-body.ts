// Bodies that no route reads.
import type { NextFunction, Request, Response } from 'express';

/** Reads the body away: Node stops reading a connection whose body waits to be read, and would not see its client leave. */
export function unwantedBody(request: Request, _response: Response, next: NextFunction): void {
  if (request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined) {
    request.resume();
  }
  next();
}
