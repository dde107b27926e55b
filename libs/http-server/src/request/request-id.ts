// The id of a request, for its log line and for the header X-Request-Id of its answer.
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

const REQUEST_ID = Symbol('request id');

interface Identified {
  [REQUEST_ID]?: string;
}

/** An id that the client or a proxy has set is taken, if it is safe in a log line and a header. */
const SAFE = /^[\w.:+/=@-]{1,128}$/;

/** Ids of this process: a random part, and the number of the request. */
const PREFIX = randomBytes(6).toString('base64url');
let count = 0;

/** Takes the id of the request from its header, or creates one. */
export function identify(request: IncomingMessage, response: ServerResponse): void {
  const given = request.headers['x-request-id'];
  const isUsable = typeof given === 'string' && SAFE.test(given);
  (response as Identified)[REQUEST_ID] = isUsable ? given : `${PREFIX}-${(count += 1).toString(36)}`;
}

/** @returns undefined for a response that was not identified */
export function requestIdOf(response: ServerResponse): string | undefined {
  return (response as Identified)[REQUEST_ID];
}

/** The header of the answer, as a name and a value; empty for a response that was not identified. */
export function requestIdHeader(response: ServerResponse): readonly string[] {
  const id = requestIdOf(response);
  return id === undefined ? [] : ['X-Request-Id', id];
}
