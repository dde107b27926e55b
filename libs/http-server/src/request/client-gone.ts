// The departure of the client of a request before its answer.
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { defer, fromEvent, type Observable, of, share, take } from 'rxjs';

/** Ends the handling of a request whose client has left. No answer is sent. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone';

  constructor() {
    super('the client has left');
  }
}

const closings = new WeakMap<Socket, Observable<unknown>>();

/**
 * Emits once when the client has left, at once if it has left already.
 *
 * Based on the socket: since Node 16, `close` of the request fires when its body has been read. The requests of one connection
 * share one listener, so that a thousand pipelined requests do not add a thousand.
 */
export function clientGone({ socket }: IncomingMessage): Observable<unknown> {
  return defer(() => {
    if (socket.destroyed) return of(undefined);
    let closing = closings.get(socket);
    if (closing === undefined) {
      closing = fromEvent(socket, 'close').pipe(take(1), share());
      closings.set(socket, closing);
    }
    return closing;
  });
}
