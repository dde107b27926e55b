// The state of connections, on a real server.
import { on, once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../../../test/support/eventually.js';
import { type Connection, Connections } from './connection.js';

let server: ReturnType<typeof createServer>;
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

interface Arrived {
  readonly client: Socket;
  readonly connection: Connection;
  readonly responses: readonly ServerResponse[];
}

/** Sends this many requests at once on one connection, and waits until the server has them. */
async function arrive(count: number): Promise<Arrived> {
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => {});
  client.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(count));
  const responses: ServerResponse[] = [];
  for await (const [, response] of on(server, 'request') as AsyncIterable<[unknown, ServerResponse]>) {
    responses.push(response);
    if (responses.length === count) break;
  }
  const [first] = responses;
  if (first === undefined) throw new Error('no request arrived');
  return { client, connection: connections.of(first.req.socket), responses };
}

describe('Connections', () => {
  it('contains the open connections, with one listener each for any number of requests', async () => {
    const { client, connection, responses } = await arrive(50);
    const listeners = responses[0]?.req.socket.listenerCount('close');
    for (const response of responses) connection.begin(response);

    expect([...connections]).toEqual([connection]);
    expect(responses[0]?.req.socket.listenerCount('close')).toBe(listeners);
    client.destroy();
    await once(responses[0]?.req.socket ?? client, 'close');
    expect(connections.size).toBe(0);
  });

  it('counts a request until its response has closed, also when the socket has closed before', async () => {
    const { client, connection, responses } = await arrive(2);
    const other = await arrive(1);
    for (const response of responses) connection.begin(response);
    for (const response of other.responses) other.connection.begin(response);
    expect([connections.inFlight, [...connections.responses()]]).toEqual([3, [...responses, ...other.responses]]);

    const [first, second] = responses;
    if (first === undefined || second === undefined) throw new Error('no request arrived');
    client.destroy();
    await once(first.req.socket, 'close');
    expect([connections.size, connections.inFlight]).toEqual([1, 3]);
    connection.end(first);
    expect([...connections.responses()]).toEqual([...other.responses, second]);
    connection.end(second);
    expect([...connections.responses()]).toEqual(other.responses);
  });

  it('treats a closed socket as a connection whose last answer is decided', async () => {
    const { client, responses } = await arrive(1);
    const [response] = responses;
    if (response === undefined) throw new Error('no request arrived');
    const { socket } = response.req;
    client.destroy();
    await once(socket, 'close');

    expect(connections.of(socket).begin(response)).toBe(false);
  });
});

describe('Connection', () => {
  it('calls back when all requests in flight are answered', async () => {
    const { connection, responses } = await arrive(2);
    for (const response of responses) connection.begin(response);
    let isAnswered = false;
    connection.onceAnswered(() => (isAnswered = true));

    const [first, second] = responses;
    if (first === undefined || second === undefined) throw new Error('no request arrived');
    connection.end(first);
    expect(isAnswered).toBe(false);
    connection.end(second);
    expect(isAnswered).toBe(true);
  });

  it('ends with the newest answer only, because an earlier one would drop the later ones', async () => {
    const { connection, responses } = await arrive(3);
    for (const response of responses) {
      connection.leaveAfterNext();
      connection.begin(response);
      connection.leaveAfterNewest();
    }

    expect(responses.map((response) => response.getHeader('Connection'))).toEqual([undefined, undefined, 'close']);
  });

  it('refuses further requests when its last answer has begun', async () => {
    const { connection, responses } = await arrive(2);
    const [first, second] = responses;
    if (first === undefined || second === undefined) throw new Error('no request arrived');
    connection.begin(first);
    first.setHeader('Connection', 'close');
    expect(connection.refuseAfterLast()).toBe(false);
    first.flushHeaders();

    expect([connection.refuseAfterLast(), connection.begin(second)]).toEqual([true, false]);
  });

  it('keeps the decided last answer as the last', async () => {
    const { connection, responses } = await arrive(1);
    for (const response of responses) {
      connection.begin(response);
      connection.refuseFurther();
      response.setHeader('Connection', 'close');
    }
    connection.leaveAfterNext();

    expect(responses[0]?.getHeader('Connection')).toBe('close');
  });

  it('drops requests after its last answer, and is cut when they do not end', async () => {
    const { connection, responses } = await arrive(1);
    const [response] = responses;
    if (response === undefined) throw new Error('no request arrived');
    connection.refuseFurther();

    for (let i = 0; i < 4_096; i++) expect(connection.begin(response)).toBe(false);
    expect(response.req.socket.destroyed).toBe(false);
    connection.begin(response);
    expect(response.req.socket.destroyed).toBe(true);
  });

  it('is quiet when no request is in flight and no byte arrives', async () => {
    const { client, connection, responses } = await arrive(1);
    for (const response of responses) connection.begin(response);
    expect([connection.quietTimes(), connection.quietTimes()]).toEqual([0, 0]);

    for (const response of responses) connection.end(response);
    expect([connection.quietTimes(), connection.quietTimes()]).toEqual([1, 2]);
    client.write('GET / HT');
    await eventually('the bytes', () => connection.quietTimes() === 0);
    expect([connection.quietTimes(), connection.quietTimes()]).toEqual([1, 2]);
  });
});
