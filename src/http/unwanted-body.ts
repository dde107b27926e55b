// Bodies that no route reads: all but those of POST.
import type { IncomingMessage } from 'node:http';

/** Reads the body away: Node stops reading a connection whose body waits to be read, and would not see its client leave. */
export function unwantedBody(request: IncomingMessage): void {
  if (request.method === 'POST') return;
  if (request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined) {
    request.resume();
  }
}
