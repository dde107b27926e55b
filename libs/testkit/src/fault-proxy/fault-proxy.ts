// A TCP proxy on loopback between a client and a server, whose faults are switched while connections live.
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

export interface FaultProxyOptions {
  /** The server's port. */
  readonly port: number;
  /** The server's host. @default 127.0.0.1 */
  readonly host?: string;
}

export interface FaultProxy extends AsyncDisposable {
  /** Where clients connect: a free port of 127.0.0.1, the same as long as the proxy lives. */
  readonly port: number;
  /** How many clients are connected now. */
  readonly connections: number;
  /** Injects a fault, in place of the one before, into open and future connections. Resolves when it is in effect. */
  inject(fault: Fault): Promise<void>;
}

/** Opens a proxy that lets everything pass. Its disposal resets every connection and frees the port. */
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
