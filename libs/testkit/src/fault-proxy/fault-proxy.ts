// A TCP proxy on loopback that injects faults between a client and a server.
import { once } from 'node:events';
import { createServer } from 'node:net';
import { type Fault, passThrough } from './faults.js';
import { Link } from './link.js';

export {
  blackHole,
  byteByByte,
  cutAfter,
  type Fault,
  type Flow,
  garbage,
  latency,
  passThrough,
  refuse,
  resetAfter,
  type Way,
} from './faults.js';

/** Options of {@link openFaultProxy}. */
export interface FaultProxyOptions {
  /** Port of the server. */
  readonly port: number;
  /** Host of the server. @default '127.0.0.1' */
  readonly host?: string;
}

/** An open fault proxy. Dispose it to reset all connections and free the port. */
export interface FaultProxy extends AsyncDisposable {
  /** Port on 127.0.0.1 to which clients connect. It stays the same until the proxy is disposed. */
  readonly port: number;
  /** Number of connected clients. */
  readonly connections: number;
  /**
   * Replaces the fault of all open and future connections. Resolves when the new fault is in effect.
   * @param fault {@link passThrough} for no fault
   * @throws Error if the proxy cannot listen on its port again, after {@link refuse}
   */
  inject(fault: Fault): Promise<void>;
}

/**
 * Opens a TCP proxy without a fault.
 * @throws Error if no port is free
 * @example
 * await using proxy = await openFaultProxy({ port: 6379 });
 * const cache = await open({ REDIS_URL: `redis://127.0.0.1:${proxy.port}` });
 * await proxy.inject(blackHole);
 * await expect(cache.get('key')).rejects.toMatchObject({ code: 'PLUGIN_CALL_TIMEOUT' });
 */
export async function openFaultProxy({ port, host = '127.0.0.1' }: FaultProxyOptions): Promise<FaultProxy> {
  const links = new Set<Link>();
  let fault = passThrough;
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const link: Link = new Link(client, { port, host }, fault, () => links.delete(link));
    links.add(link);
  });

  const listen = async (at: number): Promise<void> => {
    server.listen(at, '127.0.0.1');
    await once(server, 'listening');
  };
  const close = async (): Promise<void> => {
    const closed = server.listening ? once(server, 'close') : undefined;
    server.close();
    for (const link of links) link.reset();
    await closed;
  };

  await listen(0);
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  return {
    port: address.port,
    get connections() {
      return [...links].filter((link) => link.hasClient).length;
    },
    inject: async (next) => {
      fault = next;
      for (const link of links) link.inject(fault);
      if (fault.isRefusal === true) await close();
      else if (!server.listening) await listen(address.port);
    },
    [Symbol.asyncDispose]: close,
  };
}
