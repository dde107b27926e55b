// The fault proxy in front of an echo server, over real sockets.
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../../../test/support/eventually.js';
import {
  blackHole,
  byteByByte,
  cutAfter,
  type FaultProxy,
  garbage,
  latency,
  openFaultProxy,
  passThrough,
  refuse,
  resetAfter,
} from './fault-proxy.js';

let echo: Server;
let served: Socket[];
let proxy: FaultProxy;
let clients: Client[];

beforeEach(async () => {
  served = [];
  clients = [];
  echo = createServer({ allowHalfOpen: true }, (socket) => {
    served.push(socket.on('error', () => {}));
    socket.pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(echo, 'listening');
  proxy = await openFaultProxy({ port: portOf(echo) });
});

afterEach(async () => {
  for (const { socket } of clients) socket.destroy();
  await proxy[Symbol.asyncDispose]();
  for (const socket of served) socket.destroy();
  echo.close();
});

function portOf(server: Server): number {
  return (server.address() as { port: number }).port;
}

/** A connection to the proxy, with everything that it received. */
class Client {
  readonly pieces: string[] = [];
  failure: string | undefined;
  hasEnded = false;

  constructor(readonly socket: Socket) {
    socket.setEncoding('latin1').on('data', (piece) => this.pieces.push(String(piece)));
    socket.on('end', () => (this.hasEnded = true));
    socket.on('error', (error: NodeJS.ErrnoException) => (this.failure = error.code));
    clients.push(this);
  }

  get received(): string {
    return this.pieces.join('');
  }

  /** Waits until it has received this number of bytes. */
  async has(byteCount: number): Promise<string> {
    await eventually(`${byteCount} bytes`, () => this.received.length >= byteCount);
    return this.received;
  }
}

async function connected(): Promise<Client> {
  const client = new Client(connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true }));
  await once(client.socket, 'connect');
  return client;
}

/** A connection on which bytes have passed in both directions. */
async function used(): Promise<Client> {
  const client = await connected();
  client.socket.write('hello');
  await client.has(5);
  return client;
}

describe('without a fault', () => {
  it('passes bytes in both directions, and the end of each direction separately', async () => {
    const client = await used();
    client.socket.end(' and goodbye');
    await once(client.socket, 'end');

    expect(client.received).toBe('hello and goodbye');
    expect(client.failure).toBeUndefined();
    await eventually('no connection', () => proxy.connections === 0);
  });

  it('passes much data in order to a client that reads late', async () => {
    const bytes = Array.from({ length: 1_000_000 }, (_, i) => String(i)).join();
    const socket = connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true });
    socket.end(bytes);
    await eventually('the connection', () => served.length === 1);

    expect((await text(socket)) === bytes).toBe(true);
  });

  it('resets one side when the other is reset', async () => {
    const [left, lost] = [await used(), await used()];
    const [leftAtServer, lostAtServer] = served;
    left.socket.resetAndDestroy();
    lostAtServer?.resetAndDestroy();

    await eventually('the end at the server', () => leftAtServer?.closed);
    await eventually('the end at the client', () => lost.socket.closed);
    expect(lost.failure).toBe('ECONNRESET');
    await eventually('no connection', () => proxy.connections === 0);
  });

  it('resets a client if there is no server', async () => {
    await using orphan = await openFaultProxy({ port: 1 });
    const client = new Client(connect(orphan.port, '127.0.0.1'));

    await eventually('the end', () => client.socket.closed);
    expect(client.failure).toBe('ECONNRESET');
  });
});

describe('refuse', () => {
  it('resets open connections and refuses new ones, and listens again on the same port', async () => {
    const { port } = proxy;
    const client = await used();
    await proxy.inject(refuse);
    await eventually('the reset', () => client.failure === 'ECONNRESET');
    await eventually('the end at the server', () => served[0]?.closed);

    await expect(connected()).rejects.toThrow('ECONNREFUSED');
    await proxy.inject(refuse);
    await expect(connected()).rejects.toThrow('ECONNREFUSED');
    await proxy.inject(passThrough);
    expect((await used()).received).toBe('hello');
    expect(proxy.port).toBe(port);
  });
});

describe('a black hole', () => {
  it('accepts connections and passes nothing', async () => {
    const before = await used();
    await proxy.inject(blackHole);
    const during = await connected();
    for (const client of [before, during]) client.socket.end('lost');
    served[0]?.write('lost');
    await proxy.inject(passThrough);

    expect((await used()).received).toBe('hello');
    expect([before.received, during.received]).toEqual(['hello', '']);
    for (const { hasEnded, failure, socket } of [before, during]) {
      expect([hasEnded, failure, socket.closed]).toEqual([false, undefined, false]);
    }
    expect(served[0]?.bytesRead).toBe('hello'.length);
    expect(proxy.connections).toBe(3);
  });

  it('holds its connections forever, even if the server closes', async () => {
    const client = await used();
    await proxy.inject(blackHole);
    await proxy.inject(passThrough);
    client.socket.write('lost');
    served[0]?.resetAndDestroy();
    await used();

    expect([client.received, client.failure]).toEqual(['hello', undefined]);
  });
});

describe('latency', () => {
  it('delays each direction by at least the given time', async () => {
    await proxy.inject(latency(50));
    const startedMs = performance.now();
    await used();

    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(100);
  });

  it('keeps the order if it ends while bytes are in transit', async () => {
    const client = await used();
    await proxy.inject(latency(100));
    client.socket.write(' late');
    await eventually('the bytes in the proxy', () => proxy.connections === 1 && client.socket.bytesWritten === 10);
    await proxy.inject(passThrough);
    client.socket.write(' soon');

    expect(await client.has(15)).toBe('hello late soon');
  });
});

describe('a reset', () => {
  it('comes after the first bytes of a reply', async () => {
    const client = await used();
    await proxy.inject(resetAfter(2));
    client.socket.write('again');
    await eventually('the reset', () => client.failure === 'ECONNRESET');
    await eventually('the end at the server', () => served[0]?.closed);

    expect(client.received).toBe('helloag');
  });
});

describe('byte by byte', () => {
  it('passes the same bytes in small pieces, in both directions', async () => {
    const client = await used();
    await proxy.inject(byteByByte);
    const atServer: number[] = [];
    served[0]?.on('data', (bytes) => atServer.push(bytes.length));
    client.socket.write('0123456789'.repeat(10));

    expect(await client.has(105)).toBe(`hello${'0123456789'.repeat(10)}`);
    // The receiver may read several segments at once.
    expect(client.pieces.length).toBeGreaterThan(20);
    expect(atServer.length).toBeGreaterThan(20);
  });
});

describe('a cut', () => {
  it('passes the first bytes of a reply, then nothing, not even an end, even after the fault', async () => {
    const client = await used();
    await proxy.inject(cutAfter(2));
    client.socket.write('again');
    await client.has(7);
    client.socket.write('lost');
    const other = await connected();
    other.socket.write('new');
    await other.has(2);
    await proxy.inject(passThrough);
    client.socket.write('lost');
    await used();

    expect([client.received, other.received]).toEqual(['helloag', 'ne']);
    expect([client.hasEnded, client.failure]).toEqual([false, undefined]);
  });

  it('may come before the first byte', async () => {
    const client = await used();
    await proxy.inject(cutAfter(0));
    client.socket.write('lost');
    await eventually('the bytes at the server', () => served[0]?.bytesRead === 9);
    await proxy.inject(passThrough);
    await used();

    expect(client.received).toBe('hello');
  });
});

describe('garbage', () => {
  it('replaces a reply by the same number of bytes, and the request arrives unchanged', async () => {
    const client = await used();
    await proxy.inject(garbage);
    const sent = 'again'.repeat(20);
    client.socket.write(sent);
    const received = await client.has(5 + sent.length);

    expect(received).toHaveLength(5 + sent.length);
    expect(received).not.toContain('again');
    expect(served[0]?.bytesRead).toBe(5 + sent.length);
  });
});

describe('the disposal', () => {
  it.each([
    ['no fault', passThrough],
    ['a black hole', blackHole],
    ['latency', latency(60_000)],
    ['a closed port', refuse],
  ])('with %s resets every connection and frees the port', async (_, fault) => {
    const client = await used();
    await proxy.inject(fault);
    client.socket.write('again');
    await proxy[Symbol.asyncDispose]();

    await eventually('the reset', () => client.socket.closed);
    await eventually('the end at the server', () => served[0]?.closed);
    await expect(connected()).rejects.toThrow('ECONNREFUSED');
    expect(proxy.connections).toBe(0);
  });
});
