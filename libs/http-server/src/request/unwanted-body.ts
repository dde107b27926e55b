// Bodies that no route reads: all but those of POST.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { refuseUnread } from '../connection/linger.js';
import { LAST } from '../problem/problem.js';

/** Whether it says that it has one. */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** Whether it has none, or one that some route may read. */
function isBodyWanted(request: IncomingMessage): boolean {
  return request.method === 'POST' || !hasBody(request);
}

/**
 * Refuses the request with 413. Node stops reading a connection whose body waits to be read, and would not see its client
 * leave; to read it away would be work without a use.
 */
export function refuseUnwantedBody(request: IncomingMessage, response: ServerResponse): void {
  if (isBodyWanted(request)) return;
  const detail = `${request.method} takes no body here`;
  refuseUnread(request, response, { status: 413, detail, headers: LAST });
}
