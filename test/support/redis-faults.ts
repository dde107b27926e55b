// Faults of a program's Redis: in the network between them, or in the real server.
import { setTimeout as delay } from 'node:timers/promises';
import {
  blackHole,
  byteByByte,
  cutAfter,
  type Fault,
  type FaultProxy,
  garbage,
  latency,
  passThrough,
  refuse,
  resetAfter,
} from '@pluggable/testkit';
import { eventually } from './eventually.js';
import type { RedisServer } from './redis.js';

export interface Parts {
  readonly redis: RedisServer;
  /** Between the program and the server. */
  readonly proxy: FaultProxy;
}

export interface RedisFault {
  readonly name: string;
  /** Whether the cache still has hits after the program has adapted to the fault. */
  readonly hasHits: boolean;
  /** Lowest number of failed cache calls. */
  readonly failedCalls: number;
  /** Lowest duration of each look-up, in milliseconds. @default 0 */
  readonly lookupMs?: number;
  inject(parts: Parts): Promise<unknown>;
  end(parts: Parts): Promise<unknown>;
}

/** The effect of a fault that makes the cache unusable. */
const OUTAGE = { hasHits: false, failedCalls: 1 };

function ofNetwork(name: string, fault: Fault, effect: Partial<RedisFault> = {}): RedisFault {
  return {
    name,
    ...OUTAGE,
    ...effect,
    inject: ({ proxy }) => proxy.inject(fault),
    end: ({ proxy }) => proxy.inject(passThrough),
  };
}

type Command = readonly string[];

/** A fault that commands to the server begin and end. */
function ofServer(name: string, inject: readonly Command[], end: readonly Command[]): RedisFault {
  const run = async ({ redis }: Parts, commands: readonly Command[]): Promise<void> => {
    for (const command of commands) await redis.cli(...command);
  };
  return { name, ...OUTAGE, inject: (parts) => run(parts, inject), end: (parts) => run(parts, end) };
}

const setting = (name: string, value: string): Command => ['CONFIG', 'SET', name, value];
/** A command to a server with a password. */
const as = (password: string, command: Command): Command => ['-a', password, '--no-auth-warning', ...command];

const KILL_CLIENTS: Command = ['CLIENT', 'KILL', 'TYPE', 'normal'];
const LOSE_MASTER: Command = ['REPLICAOF', '127.0.0.1', '1'];
const BE_MASTER: Command = ['REPLICAOF', 'NO', 'ONE'];

/** Writes a list under each key that the load requests. */
const WRONG_TYPES = `for n = 0, 20 do redis.call('DEL', n) redis.call('LPUSH', n, 'item') end`;

const NETWORK_FAULTS: readonly RedisFault[] = [
  ofNetwork('that refuses connections', refuse),
  ofNetwork('in a black hole', blackHole),
  ofNetwork('with a latency of 20 ms', latency(20), { hasHits: true, failedCalls: 0, lookupMs: 40 }),
  ofNetwork('with a latency of 100 ms', latency(100)),
  ofNetwork('with a latency of 1,000 ms', latency(1_000)),
  ofNetwork('that resets connections within a reply', resetAfter(5)),
  ofNetwork('that replies byte by byte', byteByByte, { hasHits: true, failedCalls: 0 }),
  ofNetwork('that sends half a reply', cutAfter(5)),
  ofNetwork('that replies with random bytes', garbage),
  {
    name: 'that flaps, 1 s off and 1 s on',
    ...OUTAGE,
    inject: async ({ proxy }) => {
      for (let times = 0; times < 2; times++) {
        await proxy.inject(refuse);
        await delay(1_000);
        await proxy.inject(passThrough);
        await delay(1_000);
      }
      await proxy.inject(refuse);
    },
    end: ({ proxy }) => proxy.inject(passThrough),
  },
];

const SERVER_FAULTS: readonly RedisFault[] = [
  {
    name: 'that is killed',
    ...OUTAGE,
    inject: ({ redis }) => redis.kill(),
    end: ({ redis }) => redis.start(),
  },
  ofServer('that is out of memory (OOM)', [setting('maxmemory', '1')], [setting('maxmemory', '0')]),
  ofServer('that has become a replica (READONLY)', [LOSE_MASTER], [BE_MASTER]),
  ofServer(
    'that is a replica without a master (MASTERDOWN)',
    [setting('replica-serve-stale-data', 'no'), LOSE_MASTER],
    [BE_MASTER, setting('replica-serve-stale-data', 'yes')],
  ),
  ofServer(
    'that wants a password all at once (NOAUTH)',
    [setting('requirepass', 'secret'), as('secret', KILL_CLIENTS)],
    [as('secret', setting('requirepass', ''))],
  ),
  {
    name: 'that holds another type under each key (WRONGTYPE)',
    hasHits: true,
    failedCalls: 1,
    inject: ({ redis }) => redis.cli('EVAL', WRONG_TYPES, '0'),
    // Each key is overwritten after its miss.
    end: async () => {},
  },
];

const RARE: readonly string[] = [
  'with a latency of 20 ms',
  'with a latency of 1,000 ms',
  'that resets connections within a reply',
  'that replies byte by byte',
  'that flaps, 1 s off and 1 s on',
  'that has become a replica (READONLY)',
  'that is a replica without a master (MASTERDOWN)',
  'that holds another type under each key (WRONGTYPE)',
];
const isRare = ({ name }: RedisFault): boolean => RARE.includes(name);

export const FREQUENT_FAULTS = [...NETWORK_FAULTS, ...SERVER_FAULTS].filter((fault) => !isRare(fault));
export const RARE_FAULTS = [...NETWORK_FAULTS, ...SERVER_FAULTS].filter(isRare);

/** For a program and a server with the password `right`. */
export const wrongPassword = ofServer(
  'whose password was changed (WRONGPASS)',
  [as('right', setting('requirepass', 'other')), as('other', KILL_CLIENTS)],
  [as('other', setting('requirepass', 'right'))],
);

/** Restarts a killed server that loads many keys slowly. It must have `--dir` and `--enable-debug-command local`. */
export const loading: RedisFault = {
  name: 'that loads its data (LOADING)',
  ...OUTAGE,
  inject: async ({ redis }) => {
    await redis.cli('DEBUG', 'POPULATE', '20000', 'other');
    await redis.cli('SAVE');
    await redis.kill();
    const slowly = ['--key-load-delay', '500', '--loading-process-events-interval-bytes', '1024'];
    await redis.start(slowly, 'Server initialized');
  },
  end: async ({ redis }) => {
    await redis.cli('CONFIG', 'SET', 'key-load-delay', '0');
    await eventually('the end of the loading', async () => (await redis.cli('PING')) === 'PONG');
  },
};
