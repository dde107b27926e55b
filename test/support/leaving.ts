// Ten ways in which a client leaves.
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from './eventually.js';
import type { Program } from './program.js';
import { RawClient, requestFor } from './raw-client.js';
import { expectWork, type Work, workOf } from './work.js';

export interface Way {
  /** The action of the client, after "that". */
  readonly name: string;
  /** The state of its request when it leaves: computing, waiting, or unknown. */
  readonly leavesFrom: 'work' | 'queue' | 'anywhere';
  /** Requests an n. Resolves when the request is sent, or when this client should leave. @returns the function that leaves */
  readonly begin: (url: string, n: number) => Promise<() => void>;
}

/** Computed within a millisecond. */
const CHEAP_N = 22;
const PIPELINED = 50;
const BODY_BYTES = 300_000;

/** Sends requests on a new connection. */
async function sent(url: string, requests: string): Promise<RawClient> {
  const client = await RawClient.connect(url);
  await client.send(requests);
  return client;
}

const request = (n: number): string => requestFor(`/fib/${n}`);
const head = (n: number): string => request(n).replace('GET', 'HEAD');
const nothing = (): void => {};

export const WAYS: readonly Way[] = [
  {
    name: 'closes its connection',
    leavesFrom: 'work',
    begin: async (url, n) => {
      const client = await sent(url, request(n));
      return () => client.leave();
    },
  },
  {
    name: 'resets its connection',
    leavesFrom: 'work',
    begin: async (url, n) => {
      const { socket } = await sent(url, request(n));
      return () => void socket.resetAndDestroy();
    },
  },
  {
    name: 'ends its half of the connection',
    leavesFrom: 'work',
    begin: async (url, n) => {
      const { socket } = await sent(url, request(n));
      return () => void socket.end();
    },
  },
  {
    name: 'asks by HEAD and closes',
    leavesFrom: 'work',
    begin: async (url, n) => {
      const client = await sent(url, head(n));
      return () => client.leave();
    },
  },
  {
    name: 'closes at its second request on a kept connection',
    leavesFrom: 'work',
    begin: async (url, n) => {
      const client = await sent(url, request(CHEAP_N));
      await client.answers(1);
      await client.send(request(n));
      return () => client.leave();
    },
  },
  {
    name: `closes with ${PIPELINED} requests pipelined`,
    leavesFrom: 'work',
    begin: async (url, n) => {
      const client = await sent(url, request(n).repeat(PIPELINED));
      return () => client.leave();
    },
  },
  {
    name: 'closes while it is queued behind others',
    leavesFrom: 'queue',
    begin: async (url, n) => {
      const client = await sent(url, request(n));
      return () => client.leave();
    },
  },
  {
    name: 'closes in the moment of asking',
    leavesFrom: 'anywhere',
    begin: async (url, n) => {
      const client = await RawClient.connect(url);
      client.socket.write(request(n));
      client.leave();
      return nothing;
    },
  },
  {
    name: 'closes in the moment of the answer',
    leavesFrom: 'anywhere',
    begin: async (url) => {
      const client = await sent(url, request(CHEAP_N));
      // With its first byte, or shortly before or after.
      const byteComes = once(client.socket, 'data');
      await (Math.random() < 0.5 ? byteComes : Promise.race([delay(Math.random() * 4), byteComes]));
      client.leave();
      return nothing;
    },
  },
  {
    name: `closes while its body of ${BODY_BYTES / 1_000} kB is on the way`,
    leavesFrom: 'anywhere',
    begin: async (url, n) => {
      const client = await sent(url, requestFor(`/fib/${n}`, [`Content-Length: ${BODY_BYTES}`]));
      client.socket.write(Buffer.alloc(BODY_BYTES / 2));
      return () => client.leave();
    },
  },
];

/** Values of n whose computation takes long enough. */
const LONG_NS = [50, 49, 48, 47];
const HELD_N = 46;

export interface Crowd {
  readonly way: Way;
  readonly clients: number;
  /** The requested values of n. @default some that take long */
  readonly ns?: readonly number[];
}

/**
 * Many clients leave at the same time, when their requests have the wanted state. Waits until all work is over.
 * @param idle the work of the program without them; it must have two workers
 */
export async function leaveTogether(
  program: Program,
  { way, clients, ns = LONG_NS }: Crowd,
  idle: Work,
): Promise<void> {
  // One of two workers may do long work, so later work is queued.
  const holders = way.leavesFrom === 'queue' ? [await sent(program.url, request(HELD_N))] : [];
  const leaves = await Promise.all(
    Array.from({ length: clients }, (_, index) => way.begin(program.url, ns[index % ns.length] ?? HELD_N)),
  );
  if (way.leavesFrom !== 'anywhere') {
    await eventually('all requests', async () => {
      const { compute, http } = await workOf(program);
      return compute.busy === 1 && http.requests >= idle.http.requests + holders.length + clients;
    });
  }
  for (const leave of leaves) leave();
  for (const holder of holders) holder.leave();
  await expectWork(program, idle);
}
