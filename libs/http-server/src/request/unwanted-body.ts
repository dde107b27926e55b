// Refusal of bodies that no route reads: all except those of POST.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { refuseUnread } from '../connection/linger.js';
import { LAST } from '../problem/problem.js';

/** Whether the request announces a body. */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** Whether the request has no body, or one that a route may read. */
function isBodyWanted(request: IncomingMessage): boolean {
  return request.method === 'POST' || !hasBody(request);
}

/**
 * Refuses the request with 413. While a body is unread, Node does not read the connection, and would not notice the departure
 * of the client. Reading the body would be useless work.
 */
export function refuseUnwantedBody(request: IncomingMessage, response: ServerResponse): void {
  if (isBodyWanted(request)) return;
  const detail = `${request.method} takes no body here`;
  refuseUnread(request, response, { status: 413, detail, headers: LAST });
}
