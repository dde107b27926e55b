// Answers to input that Node does not parse as a request, in the common shape of errors.
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Logger } from 'pino';
import type { Connection, Connections } from '../connection/connection.js';
import { endWithProblem, hasLingered } from '../connection/linger.js';
import { LAST, type Problem, writeProblem } from '../problem/problem.js';

/** The error of Node: its own code, or one of llhttp (`HPE_…`) with a fixed reason. */
interface ClientError extends Error {
  readonly code?: string;
  readonly reason?: string;
}

const NO_TUNNEL: Problem = { status: 405, detail: 'CONNECT is not supported', headers: { Allow: '' } };

export interface ClientErrorOptions {
  readonly connections: Connections;
  readonly maxHeaderBytes: number;
  readonly log: Logger;
}

/** Answers on the raw socket, after the pending answers of the connection. A client that has left gets no answer. */
export function answerClientErrors(server: Server, { connections, maxHeaderBytes, log }: ClientErrorOptions): void {
  server.on('clientError', (error: ClientError, socket: Socket) => {
    const connection = connections.of(socket);
    const { newest } = connection;
    const isRefusing = connection.refuseAfterLast();
    const problem = problemOf(error, maxHeaderBytes);
    // A client that leaves in the middle of a request leaves the earlier answers, too.
    const hasLeft = error.code === 'HPE_INVALID_EOF_STATE' && (connection.inFlight > 0 || isRefusing);
    if (problem === undefined || hasLeft) {
      socket.destroy();
      return;
    }
    if (isRefusing) {
      // Node emits the error again for each chunk that it reads.
      if (hasLingered(socket, connection.bytesAtLast)) socket.destroy();
      return;
    }

    log.debug({ code: error.code, status: problem.status }, 'unreadable request');
    connection.refuseFurther();
    if (newest === undefined || newest.req.complete) {
      answerLast(socket, connection, problem);
    } else if (newest.headersSent) {
      // The request is answered, and its body is broken.
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
    if (socket.writable) endWithProblem(socket, problem);
    else socket.destroy();
  });
}

/** Replaces Node's handling of a socket that it has released: discards input, so that the end of the connection is noticed. */
function takeOver(socket: Socket, connection: Connection): void {
  socket.on('error', () => {});
  socket.on('end', () => socket.end());
  socket.on('data', () => {
    if (hasLingered(socket, connection.bytesAtLast)) socket.destroy();
  });
  socket.resume();
}

/** @returns undefined for a broken connection */
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
      return { status: 400, detail: `this is not an HTTP request: ${reason ?? 'it cannot be read'}`, headers: LAST };
  }
}
