// Lingering close: reads and discards input after the answer. Unread input would cause a TCP reset, which can destroy the answer.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { beginProblem, type Problem, problemBytes } from '../problem/problem.js';

/** Limits of the discarded input: time in milliseconds, and bytes. */
const LINGER_MS = 2_000;
const LINGER_BYTES = 1024 * 1024;

/**
 * Answers a request whose body is not wanted. The answer is sent at once, and ends when the body has ended, or at the time limit.
 * At the limit of bytes, the body is no longer read: a client that only writes must wait, and reads the answer meanwhile.
 */
export function refuseUnread(request: IncomingMessage, response: ServerResponse, problem: Problem): void {
  const body = beginProblem(response, problem);
  // For HEAD, Node sends nothing before the end.
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
    if (bytes > LINGER_BYTES) request.pause();
  });
  request.on('close', end);
  // The first reader of the body may have stopped.
  request.resume();
}

/** Sends the last bytes on a connection after a parse error. Node continues to read it: {@link hasLingered} returns whether to stop. */
export function endWithProblem(socket: Socket, problem: Problem): void {
  const limit = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.on('close', () => clearTimeout(limit));
  socket.end(problemBytes(problem));
}

export function hasLingered(socket: Socket, sinceBytes: number): boolean {
  return socket.bytesRead - sinceBytes > LINGER_BYTES;
}
