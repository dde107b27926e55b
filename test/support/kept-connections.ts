// Many requests over a few kept connections, as from a proxy or a service.
import { Agent, request } from 'node:http';

/**
 * Requests each path once, with limited parallelism, and closes the connections.
 * @returns the count of each status
 */
export async function askAll(
  url: string,
  paths: readonly string[],
  connections: number,
): Promise<Record<number, number>> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const statuses: Record<number, number> = {};
  const rest = paths.values();
  const asker = async (): Promise<void> => {
    for (const path of rest) {
      const status = await statusOf(new URL(path, url), agent);
      statuses[status] = (statuses[status] ?? 0) + 1;
    }
  };
  try {
    await Promise.all(Array.from({ length: connections }, asker));
  } finally {
    agent.destroy();
  }
  return statuses;
}

function statusOf(url: URL, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    request(url, { agent }, (response) => {
      response.on('error', reject).on('end', () => resolve(response.statusCode ?? 0));
      response.resume();
    })
      .on('error', reject)
      .end();
  });
}
