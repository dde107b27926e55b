// How a server closes: no new connections, requests in flight end, at the latest when the grace time is over.
import { once } from 'node:events';
import type { Server, ServerResponse } from 'node:http';
import { Server as TcpServer } from 'node:net';
import type { Connections } from './connection.js';
import { writeProblem } from './problem.js';

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
/** How long the refusals may take to be sent, in milliseconds. Then all connections are closed. */
const REFUSAL_MS = 250;

/** Every answer from now on says that its connection ends. Before the grace time is over, who still waits gets 503. */
export async function drain(
  server: Server,
  connections: Connections,
  open: ReadonlySet<ServerResponse>,
  graceMs: number,
): Promise<void> {
  for (const connection of connections) connection.leaveAfterNewest();
  const lastPartMs = Math.min(LAST_PART_MS, graceMs / 4);
  const sweep = setInterval(() => {
    for (const connection of connections) {
      if (connection.quietTimes() >= (connection.hasSpoken ? QUIET_SWEEPS : SILENT_SWEEPS)) connection.destroy();
    }
  }, SWEEP_MS);
  const end = setTimeout(() => {
    for (const response of open) refuse(response);
    setTimeout(() => server.closeAllConnections(), Math.min(REFUSAL_MS, lastPartMs / 2));
  }, graceMs - lastPartMs);
  try {
    await stopListening(server);
    // A server says that it has closed before its last responses do: what waits for those ends first.
    await Promise.all([...open].map((response) => once(response, 'close')));
  } finally {
    clearInterval(sweep);
    clearTimeout(end);
    // Ends the timer that looks for slow requests, which were looked for until now.
    server.close(() => {});
  }
}

/** The newest of each connection says that it is the last. The work behind it is cancelled when the connection ends, as for a client that leaves. */
function refuse(response: ServerResponse): void {
  if (response.headersSent) return;
  const detail = 'the service ends, and the time for requests in flight is over';
  writeProblem(response, { status: 503, error: 'shutting down', detail });
}

/** Accepts no connection any more, and waits for the last to end. Not by the server's own `close`, which ends idle ones at once. */
async function stopListening(server: Server): Promise<void> {
  await new Promise<void>((resolve) => TcpServer.prototype.close.call(server, () => resolve()));
}
