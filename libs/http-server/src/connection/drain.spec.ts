// The drain of a real server with answers that never end.
import { once } from 'node:events';
import { createServer, IncomingMessage, type Server, ServerResponse } from 'node:http';
import { type AddressInfo, connect, Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Connections } from './connection.js';
import { Drain } from './drain.js';

let server: Server;
let connections: Connections;
beforeEach(async () => {
  server = createServer();
  connections = new Connections();
  server.on('connection', (socket) => connections.add(socket));
  await once(server.listen(0, '127.0.0.1'), 'listening');
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

class NeverCloses extends ServerResponse {
  override destroy(): this {
    return this;
  }
}

/** A client that waits for an answer. */
async function waiting(): Promise<{ readonly client: Socket; readonly response: ServerResponse }> {
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => {});
  client.resume().write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  const [request, response] = (await once(server, 'request')) as [IncomingMessage, ServerResponse];
  const connection = connections.of(request.socket);
  connection.begin(response);
  response.on('close', () => connection.end(response));
  return { client, response };
}

describe('Drain', () => {
  it('refuses waiting requests, and ends', async () => {
    const { client, response } = await waiting();
    const closing = once(client, 'close');
    await new Drain({ server, connections }).run(100);

    expect([response.statusCode, response.writableFinished]).toEqual([503, true]);
    await closing;
  });

  it('ends though an answer never emits close', async () => {
    const socket = new Socket();
    connections.add(socket);
    const forgotten = new NeverCloses(new IncomingMessage(socket));
    connections.of(socket).begin(forgotten);
    await new Drain({ server, connections }).run(100);

    expect(forgotten.closed).toBe(false);
  });

  it('ends sooner with a shorter limit, and ignores a longer one', async () => {
    const { response } = await waiting();
    const drain = new Drain({ server, connections });
    const ended = drain.run(3_600_000);
    drain.endWithin(100);
    drain.endWithin(3_600_000);
    await ended;

    expect(response.statusCode).toBe(503);
  });
});
