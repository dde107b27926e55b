// Many requests over a few kept connections, as a proxy or a service makes them.
import { Agent, request } from 'node:http';

/**
 * Asks for each path once, so many at a time, and closes the connections.
 * @returns how often each status came
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
