// Limits of one connection: requests in flight, and requests in total.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Connection } from './connection.js';
import { LAST, writeProblem } from '../problem/problem.js';

export interface ConnectionLimits {
  /** Largest number of pipelined requests in flight. The next request gets 429, and the connection ends. */
  readonly maxInFlight: number;
  /** Requests per connection. The last answer ends the connection. Node's own limit answers later requests with an empty 503. */
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
