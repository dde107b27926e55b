// Node's HTTP server with explicit limits and without its own answers.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { ExpressMessages } from './express-messages.js';
import { LAST, writeProblem } from './problem/problem.js';

export interface HttpServerLimits {
  /** Idle time of a kept connection, in milliseconds. It is announced to clients; the connection closes a second later. */
  readonly keepAliveTimeoutMs: number;
  /** Longest time for the headers of a request to arrive, in milliseconds. */
  readonly headersTimeoutMs: number;
  /** Longest time for a whole request with its body to arrive, in milliseconds. */
  readonly requestTimeoutMs: number;
  /** Largest size of the headers of a request with its first line, in bytes. */
  readonly maxHeaderBytes: number;
}

/** Interval of Node's check for slow requests, in milliseconds. */
const CHECKING_INTERVAL_MS = 1_000;
/** Extra time for a request that is sent just before the announced time-out. */
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
    // Node requires headersTimeout <= requestTimeout. Both start at the same moment.
    headersTimeout: Math.min(limits.headersTimeoutMs, limits.requestTimeoutMs),
    requestTimeout: limits.requestTimeoutMs,
    connectionsCheckingInterval: CHECKING_INTERVAL_MS,
    maxHeaderSize: limits.maxHeaderBytes,
    // Refused by host-header.ts, with other wrong hosts.
    requireHostHeader: false,
  };
  const server = createServer(options, onRequest);
  // The route requests the body when it needs it.
  server.on('checkContinue', onRequest);
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    writeProblem(response, {
      status: 417,
      detail: 'the only supported expectation is 100-continue',
      headers: LAST,
    });
    // It is counted and logged like every request.
    onRequest(request, response);
  });
  return server;
}
