// What Node does not hand on as a request, answered in the one shape of errors.
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Logger } from 'pino';
import type { Connection, Connections } from '../connection/connection.js';
import { hasLingered, lastWords } from '../connection/linger.js';
import { LAST, type Problem, writeProblem } from '../problem/problem.js';

/** What Node says of it: its own code, or one of llhttp (`HPE_…`) with a reason of fixed words. */
interface ClientError extends Error {
  readonly code?: string;
  readonly reason?: string;
}

const NO_TUNNEL: Problem = { status: 405, detail: 'there are no tunnels here', headers: { Allow: '' } };

export interface ClientErrorOptions {
  readonly connections: Connections;
  readonly maxHeaderBytes: number;
  readonly log: Logger;
}

/** Answers on the raw socket, after the answers that are still to come on it. A client that has left gets no answer. */
export function answerClientErrors(server: Server, { connections, maxHeaderBytes, log }: ClientErrorOptions): void {
  server.on('clientError', (error: ClientError, socket: Socket) => {
    const connection = connections.of(socket);
    const { newest } = connection;
    const isRefusing = connection.refuseAfterLast();
    const problem = problemOf(error, maxHeaderBytes);
    // Who leaves in the middle of a request leaves the answers before it too, as who leaves after one does.
    const hasLeft = error.code === 'HPE_INVALID_EOF_STATE' && (connection.inFlight > 0 || isRefusing);
    if (problem === undefined || hasLeft) {
      socket.destroy();
      return;
    }
    if (isRefusing) {
      // Node tells of it again at each piece that it reads.
      if (hasLingered(socket, connection.bytesAtLast)) socket.destroy();
      return;
    }

    log.debug({ code: error.code, status: problem.status }, 'unreadable request');
    connection.refuseFurther();
    if (newest === undefined || newest.req.complete) {
      answerLast(socket, connection, problem);
    } else if (newest.headersSent) {
      // It has its answer, and its body does not end well.
      socket.destroy();
    } else {
      writeProblem(newest, problem);
    }
  });

  server.on('connect', ({ socket }: IncomingMessage) => {
    const connection = connections.of(socket);
    takeOver(socket, connection);
    if (connection.refuseAfterLast()) return;
    log.debug({ status: NO_TUNNEL.status }, 'unwanted tunnel');
    connection.refuseFurther();
    answerLast(socket, connection, NO_TUNNEL);
  });
}

function answerLast(socket: Socket, connection: Connection, problem: Problem): void {
  connection.onceAnswered(() => {
    if (socket.writable) lastWords(socket, problem);
    else socket.destroy();
  });
}

/** Does what Node does no longer for a socket that it has given up: what comes is read away, so that its end is noticed. */
function takeOver(socket: Socket, connection: Connection): void {
  socket.on('error', () => {});
  socket.on('end', () => socket.end());
  socket.on('data', () => {
    if (hasLingered(socket, connection.bytesAtLast)) socket.destroy();
  });
  socket.resume();
}

/** @returns nothing for a connection that broke */
function problemOf({ code = '', reason }: ClientError, maxHeaderBytes: number): Problem | undefined {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return { status: 408, detail: 'the request did not arrive in time', headers: LAST };
    case 'HPE_HEADER_OVERFLOW':
      return { status: 431, detail: `the headers are larger than ${maxHeaderBytes} bytes`, headers: LAST };
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return { status: 413, detail: 'the chunk extensions are too large', headers: LAST };
    default:
      if (!code.startsWith('HPE_')) return undefined;
      return { status: 400, detail: `this is no HTTP request: ${reason ?? 'it cannot be read'}`, headers: LAST };
  }
}
