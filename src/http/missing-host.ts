// Requests that do not say which host they are for (RFC 9112, 3.2). Node would refuse them by itself, in a shape of its own.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { LAST, writeProblem } from './problem.js';

export function refuseMissingHost(request: IncomingMessage, response: ServerResponse): void {
  if (request.headers.host !== undefined || request.httpVersion === '1.0') return;
  writeProblem(response, { status: 400, detail: 'the Host header is missing', headers: LAST });
}
