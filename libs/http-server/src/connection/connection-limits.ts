// How many requests one connection may have in flight, and in all.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Connection } from './connection.js';
import { LAST, writeProblem } from '../problem/problem.js';

export interface ConnectionLimits {
  /** Requests that wait for their answers at the same time, by pipelining. One more is refused with 429, and ends the connection. */
  readonly maxInFlight: number;
  /** The answer to the last of so many says that the connection ends. Node's own limit answers an empty 503 to what comes after. */
  readonly maxRequests: number;
}

export function connectionLimits({ maxInFlight, maxRequests }: ConnectionLimits) {
  return (_request: IncomingMessage, response: ServerResponse, connection: Connection): void => {
    if (connection.inFlight > maxInFlight) {
      const detail = `more than ${maxInFlight} requests wait for their answers on this connection`;
      writeProblem(response, { status: 429, detail, headers: LAST });
    } else if (connection.requests >= maxRequests) {
      connection.refuseFurther();
      response.setHeader('Connection', 'close');
    }
  };
}
