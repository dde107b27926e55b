// Resets a connection: its peer gets RST.
import type { Socket } from 'node:net';

/**
 * While the end of a socket is being sent, libuv refuses to reset it: Node emits EINVAL, never closes the socket, and hangs at the end
 * of the process. Such a socket is destroyed without a reset.
 */
export function reset(socket: Socket): void {
  if (socket.writableEnded && !socket.writableFinished) socket.destroy();
  else socket.resetAndDestroy();
}
