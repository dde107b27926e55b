// A server at its limit of connections.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { pino } from 'pino';
import { expect, it, vi } from 'vitest';
import { Connections } from './connection.js';
import { ConnectionCapacity } from './connection-capacity.js';

interface Line {
  readonly level: number;
  readonly msg: string;
  readonly [field: string]: unknown;
}

it('closes further connections at once, and logs once that it does and once that it accepts them again', async () => {
  const lines: Line[] = [];
  const log = pino({ base: null }, { write: (line) => void lines.push(JSON.parse(line) as Line) });
  const connections = new Connections();
  const server = createServer().on('connection', (socket) => connections.add(socket));
  const capacity = new ConnectionCapacity({ server, connections, maxConnections: 2, log });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const open = async (): Promise<Socket> => {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => {});
    await once(socket, 'connect');
    return socket;
  };

  const kept = [await open(), await open()];
  expect(capacity.shortage).toBeUndefined();
  for (let round = 0; round < 3; round++) await once(await open(), 'close');
  expect(capacity.shortage).toBe('the limit of connections is reached; further ones are closed at once');
  expect(connections.size).toBe(2);

  for (const socket of kept) socket.destroy();
  await vi.waitUntil(() => capacity.shortage === undefined, { timeout: 30_000 });
  capacity.stop();
  server.close();
  expect(lines).toMatchObject([
    { level: 50, maxConnections: 2, msg: expect.stringContaining('the limit of connections is reached') },
    { level: 30, maxConnections: 2, refused: 3, msg: 'connections are accepted again' },
  ]);
});

it('treats an error of accept() as a shortage of descriptors, and continues', async () => {
  const lines: Line[] = [];
  const log = pino({ base: null }, { write: (line) => void lines.push(JSON.parse(line) as Line) });
  const server = createServer();
  const capacity = new ConnectionCapacity({ server, connections: new Connections(), maxConnections: 2, log });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  for (let round = 0; round < 3; round++) server.emit('error', new Error('accept EMFILE'));

  expect(capacity.shortage).toBe('no file descriptor is left; further connections are closed at once');
  await vi.waitUntil(() => capacity.shortage === undefined, { timeout: 30_000 });
  capacity.stop();
  server.close();
  expect(lines.map(({ msg }) => msg)).toEqual([
    'no file descriptor is left; further connections are closed at once',
    'connections are accepted again',
  ]);
});
