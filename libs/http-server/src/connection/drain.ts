// Graceful close of a server: no new connections, requests in flight complete, bounded by the grace time.
import { once } from 'node:events';
import type { Server } from 'node:http';
import { Server as TcpServer } from 'node:net';
import type { Connections } from './connection.js';
import { writeProblem } from '../problem/problem.js';

/** Interval of the checks for quiet connections, in milliseconds. */
const SWEEP_MS = 100;
/**
 * A connection is closed after this many quiet checks. Node closes an idle one at once, and drops the next request of a client
 * that has not seen `Connection: close` (nodejs/node#60617).
 */
const QUIET_SWEEPS = 5;
/** The same for a connection that has never sent a byte. Browsers open such connections in advance. */
const SILENT_SWEEPS = 1;
/** Requests are refused this long before the end of the grace time, in milliseconds, at most a quarter of it: plugin and pool need time, too. */
const LAST_PART_MS = 2_000;
/** Time for the refusals to be sent, in milliseconds. Then all connections are cut. */
const REFUSAL_MS = 250;

export interface Drained {
  readonly server: Server;
  readonly connections: Connections;
}

export class Drain {
  private endMs = Number.POSITIVE_INFINITY;
  /** The next step: refuse, then cut, then end. */
  private next: NodeJS.Timeout | undefined;
  private readonly afterCut = Promise.withResolvers<void>();

  constructor(private readonly drained: Drained) {}

  /**
   * From now on, each answer ends its connection. Before the end of the grace time, waiting requests get 503. Then all
   * connections are cut.
   */
  async run(graceMs: number): Promise<void> {
    const { server, connections } = this.drained;
    for (const connection of connections) connection.leaveAfterNewest();
    const sweep = setInterval(() => this.sweep(), SWEEP_MS);
    this.endWithin(graceMs);
    try {
      await Promise.race([closed(server, connections), this.afterCut.promise]);
    } finally {
      clearInterval(sweep);
      clearTimeout(this.next);
      // Stops Node's check for slow requests, which has run until now.
      server.close(() => {});
    }
  }

  /** Shortens the remaining grace time. A longer value has no effect. */
  endWithin(graceMs: number): void {
    const endMs = performance.now() + graceMs;
    if (endMs >= this.endMs) return;
    this.endMs = endMs;
    const lastPartMs = Math.min(LAST_PART_MS, graceMs / 4);
    this.schedule(graceMs - lastPartMs, () => this.refuse(Math.min(REFUSAL_MS, lastPartMs / 2)));
  }

  private sweep(): void {
    for (const connection of this.drained.connections) {
      if (connection.quietTimes() >= (connection.hasSpoken ? QUIET_SWEEPS : SILENT_SWEEPS)) connection.destroy();
    }
  }

  /** The newest answer of each connection ends it. The work behind it is cancelled at the end of the connection, as for a client that leaves. */
  private refuse(refusalMs: number): void {
    const detail = 'the service is shutting down, and the grace time is over';
    for (const response of this.drained.connections.responses()) {
      if (!response.headersSent) writeProblem(response, { status: 503, error: 'shutting down', detail });
    }
    this.schedule(refusalMs, () => this.cut());
  }

  /** Includes sockets that Node no longer counts, after CONNECT. */
  private cut(): void {
    for (const connection of this.drained.connections) connection.destroy();
    // One turn later, the sockets have emitted close and their work is cancelled.
    this.schedule(0, () => this.afterCut.resolve());
  }

  private schedule(ms: number, step: () => void): void {
    clearTimeout(this.next);
    this.next = setTimeout(step, ms);
  }
}

/** Stops listening, and waits for the last connection. Not with `server.close()` of Node, which ends idle connections at once. */
async function closed(server: Server, connections: Connections): Promise<void> {
  await new Promise<void>((resolve) => TcpServer.prototype.close.call(server, () => resolve()));
  // A server emits close before its last responses do. Work that waits for them ends first.
  await Promise.all([...connections.responses()].map((response) => once(response, 'close')));
}
