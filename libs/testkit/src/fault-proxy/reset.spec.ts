// A reset closes the socket in every state.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { reset } from './reset.js';

const server = createServer({ allowHalfOpen: true }, (peer) => peer.on('error', () => {}).resume());
beforeEach(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => void server.close());

it.each<[state: string, prepare: (socket: Socket) => unknown]>([
  ['is open', () => {}],
  ['is sending its end', (socket) => socket.end()],
  ['is sending data and its end', (socket) => socket.end(Buffer.alloc(1_000_000))],
  ['has sent its end', (socket) => once(socket.end(), 'finish')],
  ['is destroyed', (socket) => socket.destroy()],
])('closes a socket that %s, without an error', async (_, prepare) => {
  const { port } = server.address() as AddressInfo;
  const socket = connect({ port, allowHalfOpen: true });
  const errors: Error[] = [];
  socket.on('error', (error) => errors.push(error));
  await once(socket, 'connect');
  await prepare(socket);
  reset(socket);
  if (!socket.closed) await once(socket, 'close');

  expect(socket.closed).toBe(true);
  expect(errors).toEqual([]);
});
