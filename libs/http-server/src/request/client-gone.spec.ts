// Departure of clients on real connections.
import { on, once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { firstValueFrom } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { clientGone } from './client-gone.js';

let server: ReturnType<typeof createServer>;
beforeEach(async () => {
  server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

interface Arrived {
  readonly client: Socket;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** Sends this many requests at once on one connection, and waits until the server has them. */
async function arrive(count: number): Promise<Arrived[]> {
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => {});
  client.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(count));
  const arrived: Arrived[] = [];
  for await (const [request, response] of on(server, 'request') as AsyncIterable<[IncomingMessage, ServerResponse]>) {
    arrived.push({ client, request, response });
    if (arrived.length === count) break;
  }
  return arrived;
}

async function arriveAlone(): Promise<Arrived> {
  const [alone] = await arrive(1);
  if (alone === undefined) throw new Error('no request arrived');
  return alone;
}

describe('clientGone', () => {
  it('emits when the connection is destroyed', async () => {
    const { client, request } = await arriveAlone();
    const gone = firstValueFrom(clientGone(request), { defaultValue: 'nothing' });
    client.destroy();

    expect(await gone).not.toBe('nothing');
  });

  it('emits when the connection is reset', async () => {
    const { client, request } = await arriveAlone();
    const gone = firstValueFrom(clientGone(request), { defaultValue: 'nothing' });
    client.resetAndDestroy();

    expect(await gone).not.toBe('nothing');
  });

  it('emits at once for a client that has left before', async () => {
    const { client, request } = await arriveAlone();
    client.destroy();
    await once(request.socket, 'close');
    let hasEmitted = false;
    clientGone(request).subscribe(() => (hasEmitted = true));

    expect(hasEmitted).toBe(true);
  });

  it('stays silent while the client waits, and after its answer on a kept connection', async () => {
    const { client, request, response } = await arriveAlone();
    let hasEmitted = false;
    clientGone(request).subscribe(() => (hasEmitted = true));
    response.end('ok');
    await once(client, 'data');

    expect(hasEmitted).toBe(false);
    client.destroy();
  });

  it('adds one listener per connection for any number of pipelined requests, and removes it with the last', async () => {
    const pipelined = await arrive(50);
    const listeners = (): (number | undefined)[] =>
      pipelined.slice(0, 1).map(({ request }) => request.socket.listenerCount('close'));
    const [before = 0] = listeners();
    const subscriptions = pipelined.map(({ request }) => clientGone(request).subscribe());

    expect(listeners()).toEqual([before + 1]);
    for (const subscription of subscriptions) subscription.unsubscribe();
    expect(listeners()).toEqual([before]);
  });
});
