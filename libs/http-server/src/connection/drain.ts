// How a server closes: no new connections, requests in flight end, at the latest when the grace time is over.
import { once } from 'node:events';
import type { Server } from 'node:http';
import { Server as TcpServer } from 'node:net';
import type { Connections } from './connection.js';
import { writeProblem } from '../problem/problem.js';

/** How often connections are looked at that nobody uses, in milliseconds. */
const SWEEP_MS = 100;
/**
 * A connection is closed when it has been quiet at so many of these moments. Node closes an idle one at once, and with it the
 * next request of a client that was not told to leave (nodejs/node#60617).
 */
const QUIET_SWEEPS = 5;
/** The same for one that has never sent a byte: a browser opens such ones ahead of need. */
const SILENT_SWEEPS = 1;
/** So long before the end of the grace time, in milliseconds, at most a quarter of it, who still waits is refused: plugin and pool end too. */
const LAST_PART_MS = 2_000;
/** How long the refusals may take to be sent, in milliseconds. Then all connections are cut. */
const REFUSAL_MS = 250;

export interface Drained {
  readonly server: Server;
  readonly connections: Connections;
}

export class Drain {
  private endMs = Number.POSITIVE_INFINITY;
  /** What comes next: the refusals, then the cut, then the end. */
  private next: NodeJS.Timeout | undefined;
  private readonly afterCut = Promise.withResolvers<void>();

  constructor(private readonly drained: Drained) {}

  /**
   * Every answer from now on says that its connection ends. Before the grace time is over, who still waits gets 503. Then all
   * connections are cut, and nobody is waited for.
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
      // Ends the timer that looks for slow requests, which were looked for until now.
      server.close(() => {});
    }
  }

  /** Makes what is left of the grace time shorter; a longer one changes nothing. */
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

  /** The newest of each connection says that it is the last. The work behind it is cancelled when the connection ends, as for a client that leaves. */
  private refuse(refusalMs: number): void {
    const detail = 'the service ends, and the time for requests in flight is over';
    for (const response of this.drained.connections.responses()) {
      if (!response.headersSent) writeProblem(response, { status: 503, error: 'shutting down', detail });
    }
    this.schedule(refusalMs, () => this.cut());
  }

  /** Those too that Node counts no longer among its own, after CONNECT. */
  private cut(): void {
    for (const connection of this.drained.connections) connection.destroy();
    // A turn later the sockets have said that they are closed, and the work behind them is cancelled.
    this.schedule(0, () => this.afterCut.resolve());
  }

  private schedule(ms: number, step: () => void): void {
    clearTimeout(this.next);
    this.next = setTimeout(step, ms);
  }
}

/** Accepts no connection any more, and waits for the last to end. Not by the server's own `close`, which ends idle ones at once. */
async function closed(server: Server, connections: Connections): Promise<void> {
  await new Promise<void>((resolve) => TcpServer.prototype.close.call(server, () => resolve()));
  // A server says that it has closed before its last responses do: what waits for those ends first.
  await Promise.all([...connections.responses()].map((response) => once(response, 'close')));
}
