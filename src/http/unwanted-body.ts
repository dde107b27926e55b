// Bodies that no route reads: all but those of POST.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Connection } from './connection.js';
import { refuseUnread } from './linger.js';
import { LAST } from './problem.js';

/** Whether it has a body that some route may read, or none. */
export function isBodyWanted({ method, headers }: IncomingMessage): boolean {
  if (method === 'POST') return true;
  return headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0;
}

/**
 * Refuses the request with 413. Node stops reading a connection whose body waits to be read, and would not see its client
 * leave; to read it away would be work for nobody.
 */
export function refuseUnwantedBody(request: IncomingMessage, response: ServerResponse, connection: Connection): void {
  if (isBodyWanted(request)) return;
  connection.refuseFurther();
  const detail = `${request.method} takes no body here`;
  refuseUnread(request, response, { status: 413, detail, headers: LAST });
}
