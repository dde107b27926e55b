// When the client of a request leaves before it has its answer.
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { defer, fromEvent, type Observable, of, share, take } from 'rxjs';

/** Ends the handling of a request whose client has left; nobody is there to be told. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone';

  constructor() {
    super('the client has left');
  }
}

const closings = new WeakMap<Socket, Observable<unknown>>();

/**
 * Emits once when the client has left, at once when it has left already.
 *
 * It is the socket that tells: `close` of the request fires already when its body has been read (since Node 16). The requests
 * of one connection share one listener, so that a thousand pipelined ones do not make a thousand.
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
