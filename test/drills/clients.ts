// Scenes with one service and too many clients.
import { connect, type Socket } from 'node:net';
import { MEMORY_PLUGIN } from '../support/program.ts';
import type { Scene } from './scene.ts';
import { Service } from './single.ts';

/** A flood of requests for large n, which no machine computes in time. */
const FLOOD = { eachMs: 20, fromN: 47, kinds: 32 };
const MAX_CONNECTIONS = 40;
const IDLE_CLIENTS = 200;

export async function overload(): Promise<Scene> {
  const service = await Service.launch({
    CACHE_PLUGIN_PATH: MEMORY_PLUGIN,
    COMPUTE_WORKERS: '2',
    COMPUTE_MAX_WAIT: '1s',
    FIB_MAX_N: '78',
  });
  const { url } = service.newest;
  const left = new AbortController();
  const counts: Record<string, number> = {};
  let [sent, timer]: [number, NodeJS.Timeout | undefined] = [0, undefined];
  const ask = async (): Promise<void> => {
    const path = `/fib/${FLOOD.fromN + (sent++ % FLOOD.kinds)}`;
    const outcome = await fetch(url + path, { signal: left.signal }).then(
      async (answer) => {
        await answer.text();
        return String(answer.status);
      },
      () => 'left without an answer',
    );
    counts[outcome] = (counts[outcome] ?? 0) + 1;
  };
  const end = (): void => {
    clearInterval(timer);
    left.abort();
  };
  const acts = {
    begins: `other clients send ${1_000 / FLOOD.eachMs} requests per second for large n`,
    begin: () => {
      timer = setInterval(() => void ask(), FLOOD.eachMs);
    },
    ends: 'they leave',
    end,
    notes: () => [`The other clients got ${JSON.stringify(counts)}`],
    recovery: 'no busy worker',
    isRecovered: async () => (await scene.scrape()).get('pluggable_compute_workers_busy') === 0,
  };
  const scene = service.scene(acts, [{ [Symbol.asyncDispose]: async () => end() }]);
  return scene;
}

export async function connections(): Promise<Scene> {
  const settings = { CACHE_PLUGIN_PATH: MEMORY_PLUGIN, HTTP_MAX_CONNECTIONS: String(MAX_CONNECTIONS) };
  const service = await Service.launch(settings);
  const { hostname: host, port } = new URL(service.newest.url);
  const idle: Socket[] = [];
  let closed = 0;
  const end = (): void => {
    for (const socket of idle) socket.destroy();
  };
  const acts = {
    begins: `${IDLE_CLIENTS} clients connect and send nothing; HTTP_MAX_CONNECTIONS is ${MAX_CONNECTIONS}`,
    begin: () => {
      for (let count = 0; count < IDLE_CLIENTS; count++) {
        const socket = connect({ host, port: Number(port) });
        // Without a reader, the end of the connection is not seen.
        socket
          .on('error', () => {})
          .on('end', () => (closed += 1))
          .resume();
        idle.push(socket);
      }
    },
    ends: 'they leave',
    end,
    notes: () => [`${closed} of the ${IDLE_CLIENTS} connections were closed at once`],
    recovery: 'an answer on a new connection',
    isRecovered: async () =>
      await fetch(`${service.newest.url}/health/ready`, { headers: { Connection: 'close' } }).then(
        ({ ok }) => ok,
        () => false,
      ),
  };
  return service.scene(acts, [{ [Symbol.asyncDispose]: async () => end() }]);
}
