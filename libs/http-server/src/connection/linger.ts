// Ending a connection on which more is coming: what is unread when it closes makes the system reset it, and the client may lose its answer.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { beginProblem, type Problem, problemBytes } from '../problem/problem.js';

/** How long, in milliseconds, and how many bytes are read away. Then the connection closes, whatever is still coming. */
const LINGER_MS = 2_000;
const LINGER_BYTES = 1024 * 1024;

/** Answers a request whose body nobody wants any more. The answer goes out whole at once, and ends when the body has. */
export function refuseUnread(request: IncomingMessage, response: ServerResponse, problem: Problem): void {
  const body = beginProblem(response, problem);
  // HEAD sends nothing by itself before its end.
  response.flushHeaders();
  response.write(body);

  const end = (): void => {
    clearTimeout(limit);
    response.end();
  };
  const limit = setTimeout(end, LINGER_MS);
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > LINGER_BYTES) end();
  });
  request.on('close', end);
  // Who began to read the body may have stopped.
  request.resume();
}

/** Says the last words on a connection that is no HTTP any more. Node goes on reading it: {@link hasLingered} tells how long it may. */
export function lastWords(socket: Socket, problem: Problem): void {
  const limit = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.on('close', () => clearTimeout(limit));
  socket.end(problemBytes(problem));
}

export function hasLingered(socket: Socket, sinceBytes: number): boolean {
  return socket.bytesRead - sinceBytes > LINGER_BYTES;
}
