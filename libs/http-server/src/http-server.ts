// Node's HTTP server with limits that are set, not inherited, and without answers of its own.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { ExpressMessages } from './express-messages.js';
import { LAST, writeProblem } from './problem/problem.js';

export interface HttpServerLimits {
  /** How long a connection is kept without a request, in milliseconds. Clients are told so, and it closes a second later. */
  readonly keepAliveTimeoutMs: number;
  /** How long the headers of a request may take to arrive, in milliseconds. */
  readonly headersTimeoutMs: number;
  /** How long a whole request, with its body, may take to arrive, in milliseconds. */
  readonly requestTimeoutMs: number;
  /** Of all headers of a request together, with its first line. */
  readonly maxHeaderBytes: number;
}

/** How often Node looks for requests that take too long, in milliseconds. */
const CHECKING_INTERVAL_MS = 1_000;
/** A client that was told the time-out may still send a request at its very end. */
const KEEP_ALIVE_BUFFER_MS = 1_000;

export function createHttpServer(
  limits: HttpServerLimits,
  messages: ExpressMessages,
  onRequest: (request: IncomingMessage, response: ServerResponse) => void,
): Server {
  const options = {
    ...messages,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    keepAliveTimeoutBuffer: KEEP_ALIVE_BUFFER_MS,
    // Node wants it to be no longer; that of the request counts from the same moment.
    headersTimeout: Math.min(limits.headersTimeoutMs, limits.requestTimeoutMs),
    requestTimeout: limits.requestTimeoutMs,
    connectionsCheckingInterval: CHECKING_INTERVAL_MS,
    maxHeaderSize: limits.maxHeaderBytes,
    // Refused by host-header.ts, as are wrong ones.
    requireHostHeader: false,
  };
  const server = createServer(options, onRequest);
  // The route asks for the body when it wants it.
  server.on('checkContinue', onRequest);
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    writeProblem(response, {
      status: 417,
      detail: 'the only expectation that can be met is 100-continue',
      headers: LAST,
    });
    // It is counted and logged as every request.
    onRequest(request, response);
  });
  return server;
}
