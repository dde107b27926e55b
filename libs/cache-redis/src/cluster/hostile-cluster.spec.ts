// The Redis plugin with servers that describe a cluster wrongly, differently each time, or not at all.
import { latency, openFaultProxy } from '@pluggable/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../../../../test/support/eventually.js';
import { freePort } from '../../../../test/support/free-port.js';
import { type OpenedCache, openRedisCache, problemOf } from '../../../../test/support/redis-cache.js';
import { type FakeRedis, startFakeRedis } from '../../../../test/support/redis-fake.js';

const ALL = [0, 16_383] as const;

/** An entry of the reply to CLUSTER SLOTS. */
const range = ([first, last]: readonly [number, number], ...ports: readonly number[]): string => {
  const nodes = ports.map((port) => `*2\r\n$9\r\n127.0.0.1\r\n:${port}\r\n`);
  return `*${2 + ports.length}\r\n:${first}\r\n:${last}\r\n${nodes.join('')}`;
};
const ranges = (...entries: readonly string[]): string => `*${entries.length}\r\n${entries.join('')}`;

interface Node {
  readonly slots: (port: number, times: number) => string | undefined;
  readonly get?: (port: number, times: number) => string | undefined;
}

const opened: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).toReversed()) await each[Symbol.asyncDispose]();
});

/** A node that answers PING, and counts its other commands. */
async function startNode({ slots, get = () => '$1\r\nv\r\n' }: Node) {
  const counts = { slots: 0, get: 0 };
  let port = 0;
  const fake = await startFakeRedis((name) => {
    if (name === 'PING' || name === 'ASKING') return '+PONG\r\n';
    if (name === 'CLUSTER') return slots(port, ++counts.slots);
    return name === 'GET' ? get(port, ++counts.get) : '+OK\r\n';
  });
  ({ port } = fake);
  opened.push(fake);
  return { fake, counts };
}

async function openCluster({ addr }: FakeRedis, variables = {}, callTimeoutMs = 100): Promise<OpenedCache> {
  const cache = await openRedisCache({ REDIS_CLUSTER: addr, ...variables }, callTimeoutMs);
  opened.push(cache);
  return cache;
}

/** Accepts connections and answers nothing. */
async function startSilence(): Promise<FakeRedis> {
  const fake = await startFakeRedis(() => undefined);
  opened.push(fake);
  return fake;
}

const serversIn = ({ lines }: OpenedCache) => new Set(lines.map(([, , fields]) => fields?.['server']));
const connectedTimes = ({ lines }: OpenedCache) => lines.filter(([, message]) => message === 'connected').length;
const sentences = async (calls: readonly Promise<unknown>[]) =>
  (await Promise.allSettled(calls)).map((result) => (result.status === 'fulfilled' ? 'fulfilled' : result.reason));

describe('redirections', () => {
  it.each(['MOVED', 'ASK'])('connect to a limited number of nodes that only they name (%s)', async (code) => {
    const { fake } = await startNode({
      slots: (port, times) => (times === 1 ? ranges(range(ALL, port)) : '-ERR no\r\n'),
      get: (_, times) => `-${code} 1 127.0.0.1:${times + 1}\r\n`,
    });
    const cluster = await openCluster(fake);
    for (let times = 0; times < 20; times++) {
      await sentences(Array.from({ length: 10 }, (_, index) => cluster.cache.get(`key-${times}-${index}`)));
    }

    expect(serversIn(cluster).size).toBeLessThan(25);
  });

  it.each(['4294967294', '16384', '-1', '1.5', 'x'])('to the slot %s assign nothing', async (slot) => {
    const { fake } = await startNode({
      slots: (port) => ranges(range(ALL, port)),
      get: (port) => `-MOVED ${slot} 127.0.0.1:${port}\r\n`,
    });
    const { cache } = await openCluster(fake);

    await expect(cache.get('key')).rejects.toThrow('it names another node, and a slot that does not exist');
    expect(await problemOf(cache)).toBeUndefined();
  });

  it('to a node that a later description leaves out end with the answer of the owner', async () => {
    const silence = await startSilence();
    const { fake } = await startNode({
      slots: (port) => ranges(range(ALL, port)),
      get: (_, times) => (times === 1 ? `-MOVED 12539 127.0.0.1:${silence.port}\r\n` : '$1\r\nv\r\n'),
    });
    const { cache } = await openCluster(fake, {}, 2_000);

    expect(await cache.get('key')).toEqual({ status: 'hit', value: 'v' });
    await eventually('no connection to the other node', () => silence.connections === 0);
  });

  it('to a node without an address update the owners', async () => {
    const other = await startNode({ slots: (port) => ranges(range(ALL, port)) });
    // At the start, the owners are updated twice.
    const { fake, counts } = await startNode({
      slots: (port, times) => ranges(range(ALL, times <= 2 ? port : other.fake.port)),
      get: () => '-MOVED 12539 ?:6379\r\n',
    });
    const { cache } = await openCluster(fake);
    await eventually('the second update', () => counts.slots === 2);
    await eventually('a hit', async () => (await sentences([cache.get('key')]))[0] === 'fulfilled');

    expect(await cache.get('key')).toEqual({ status: 'hit', value: 'v' });
  });

  it('keep the connection to a node that owns no slot yet', async () => {
    const { fake: next } = await startNode({ slots: () => '-ERR no\r\n' });
    const { fake, counts } = await startNode({
      slots: (port) => ranges(range(ALL, port)),
      get: () => `-ASK 12539 ${next.addr}\r\n`,
    });
    const cluster = await openCluster(fake);
    const ask = () => cluster.cache.get('key');
    await ask();
    const before = counts.slots;
    await eventually('an update', async () => (await ask()) && counts.slots > before);

    expect([await ask(), await ask()]).toEqual([await ask(), { status: 'hit', value: 'v' }]);
    expect(connectedTimes(cluster)).toBe(2);
  });

  it('update the owners less often while they go on', async () => {
    const { fake, counts } = await startNode({
      slots: (port) => ranges(range(ALL, port)),
      get: (port) => `-MOVED 1 127.0.0.1:${port}\r\n`,
    });
    const { cache } = await openCluster(fake);
    const endMs = performance.now() + 1_500;
    while (performance.now() < endMs) await sentences([cache.get('key')]);

    expect(counts.slots).toBeLessThan(14);
  });
});

describe('descriptions', () => {
  it.each([
    ['overlapping ranges', () => ranges(range(ALL, 1), range([5, 5], 2)), 'is not readable'],
    ['a range that ends before it begins', () => ranges(range([5, 4], 1)), 'is not readable'],
    ['no range', () => ranges(), 'it knows no owner of any slot; join it to the cluster'],
    [
      'too many nodes',
      () => ranges(...Array.from({ length: 1_001 }, (_, slot) => range([slot, slot], slot + 1))),
      'more than 1000 nodes',
    ],
    [
      'too many replicas',
      () => ranges(range(ALL, ...Array.from({ length: 1_001 }, (_, port) => port + 1))),
      'more than',
    ],
  ])('with %s are refused', async (_, description, sentence) => {
    const { fake } = await startNode({ slots: description });
    const cluster = await openCluster(fake);

    await expect(cluster.cache.get('key')).rejects.toThrow(sentence);
    expect([...serversIn(cluster)].filter((server) => server !== undefined)).toEqual([fake.addr]);
  });

  it.each(['h\0st', 'h st', 'h\nst', 'x'.repeat(300)])('with the host %j are refused', async (host) => {
    const node = `*2\r\n$${host.length}\r\n${host}\r\n:1\r\n`;
    const { fake } = await startNode({ slots: () => `*1\r\n*3\r\n:0\r\n:1\r\n${node}` });
    const { cache } = await openCluster(fake);

    await expect(cache.get('key')).rejects.toThrow('its reply to CLUSTER SLOTS is not readable');
  });

  it('without slots replace no earlier one', async () => {
    const { fake, counts } = await startNode({
      slots: (port, times) => (times < 2 ? ranges(range(ALL, port)) : ranges()),
      get: (port, times) => (times === 1 ? `-MOVED 1 127.0.0.1:${port}\r\n` : '$1\r\nv\r\n'),
    });
    const cluster = await openCluster(fake);
    await cluster.cache.get('key');
    await eventually('another update', () => counts.slots > 1);

    expect(await cluster.cache.get('key')).toEqual({ status: 'hit', value: 'v' });
    expect(connectedTimes(cluster)).toBe(1);
  });

  it('of a part of the slots do not replace those of all slots by another node', async () => {
    const part = await startNode({ slots: (port) => ranges(range([0, 5], port)) });
    const whole = await startNode({ slots: (port) => ranges(range([0, 5], part.fake.port), range([6, 16_383], port)) });
    const cache = await openRedisCache({ REDIS_CLUSTER: `${part.fake.addr},${whole.fake.addr}` });
    opened.push(cache);

    await eventually('hits', async () => (await problemOf(cache.cache)) === undefined);
    expect(await cache.cache.get('key')).toEqual({ status: 'hit', value: 'v' });
  });

  it('of a part of the slots are asked for at a limited number of nodes in one update', async () => {
    const asked: number[] = [];
    const nodes: FakeRedis[] = [];
    const slots = (port: number) => {
      asked.push(port);
      return ranges(...nodes.map((node, slot) => range([slot, slot], node.port)));
    };
    for (let index = 0; index < 12; index++) nodes.push((await startNode({ slots })).fake);
    const cluster = await openRedisCache({ REDIS_CLUSTER: nodes.map(({ addr }) => addr).join(',') });
    opened.push(cluster);
    await eventually('connections to all', () => connectedTimes(cluster) === nodes.length);
    asked.length = 0;
    await eventually('updates', () => asked.length > 11);

    expect(new Set(asked.slice(0, 11)).size, 'different nodes').toBeLessThan(11);
  });

  it('that change do not hold up the start', async () => {
    const silence = await startSilence();
    const { fake } = await startNode({
      slots: (port, times) => ranges(range(ALL, times % 2 === 1 ? silence.port : port)),
    });
    const { cache } = await openCluster(fake);

    await eventually('a hit', async () => (await sentences([cache.get('key')]))[0] === 'fulfilled');
    expect(await cache.get('key').catch(() => undefined)).toBeDefined();
  });

  it('of lost owners keep the connection to the node that describes them', async () => {
    const lost = await freePort();
    const { fake, counts } = await startNode({ slots: (port) => ranges(range(ALL, lost, port)) });
    const cluster = await openCluster(fake);
    await eventually('some updates', () => counts.slots > 6);

    expect(connectedTimes(cluster)).toBe(1);
    expect(cluster.warnings().length).toBe(1);
  });

  it('of less than half of the slots make ping fail with their number', async () => {
    const { fake } = await startNode({ slots: (port) => ranges(range([0, 99], port)) });
    const { cache } = await openCluster(fake);

    expect(await problemOf(cache)).toBe('only nodes with 100 of 16384 slots answer (the others have no known owner)');
  });

  it('of slots that no node serves any more make ping fail', async () => {
    const { fake } = await startNode({
      slots: (port, times) => (times === 1 ? ranges(range(ALL, port)) : ranges()),
      get: () => '-CLUSTERDOWN Hash slot not served\r\n',
    });
    const { cache } = await openCluster(fake);

    expect(await problemOf(cache)).toMatch(/^only nodes with 0 of 16384 slots answer \(CLUSTERDOWN: no node/);
  });

  it('with the password as a host do not show it', async () => {
    const { fake } = await startNode({ slots: () => '*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$6\r\ns3cret\r\n:1\r\n' });
    const cluster = await openCluster(fake, { REDIS_PASSWORD: 's3cret' });
    const errors = [await problemOf(cluster.cache), ...(await sentences([cluster.cache.get('key')])).map(String)];

    expect(errors[1]).toContain('no connection to ***:1');
    expect(JSON.stringify([errors, cluster.lines])).not.toContain('s3cret');
  });

  it('that name other nodes each time do not flood the log', async () => {
    const { fake, counts } = await startNode({
      slots: (_, times) =>
        ranges(...Array.from({ length: 200 }, (__, slot) => range([slot, slot], times * 200 + slot))),
    });
    const cluster = await openCluster(fake);
    await eventually('some updates', () => counts.slots > 5);

    expect(cluster.lines.filter(([level]) => level !== 'debug').length).toBeLessThan(310);
  });

  it('of the cluster are awaited at the start when the first node to answer does not belong to it', async () => {
    const outside = await startNode({ slots: () => ranges() });
    const { fake } = await startNode({ slots: (port) => ranges(range(ALL, port)) });
    const later = await openFaultProxy({ port: fake.port });
    await later.inject(latency(20));
    const seeds = `${outside.fake.addr},127.0.0.1:${later.port}`;
    const cluster = await openRedisCache({ REDIS_CLUSTER: seeds });
    opened.push(later, cluster);

    expect(await cluster.cache.get('key')).toEqual({ status: 'hit', value: 'v' });
  });

  it('that never come make the node lost, and close ends at once', async () => {
    const { fake } = await startNode({ slots: () => undefined });
    const cache = await openRedisCache({ REDIS_CLUSTER: fake.addr });
    await eventually('the lost connection', () => cache.warnings().length > 0);
    const startedMs = performance.now();
    await cache[Symbol.asyncDispose]();

    expect(performance.now() - startedMs).toBeLessThan(1_000);
    await eventually('no connection', () => fake.connections === 0);
  });
});

it('the keys of a node that is cut off from the others are unavailable, unless most nodes are cut off', async () => {
  const DOWN = '-CLUSTERDOWN The cluster is down\r\n';
  let isWholeDown = false;
  const slots = () => ranges(range([0, 11_999], most.fake.port), range([12_000, 16_383], cutOff.fake.port));
  const most = await startNode({ slots, get: () => (isWholeDown ? DOWN : '$1\r\nv\r\n') });
  const cutOff = await startNode({ slots, get: () => DOWN });
  const { cache } = await openCluster(most.fake);
  // The slots of "key" and "other" are 12539 and 11361.
  await expect(cache.get('key')).rejects.toMatchObject({ code: 'KEY_UNAVAILABLE' });
  expect(await cache.get('other')).toEqual({ status: 'hit', value: 'v' });
  isWholeDown = true;

  await expect(cache.get('other')).rejects.toMatchObject({ code: 'CLUSTERDOWN' });
  await expect(cache.get('key')).rejects.toMatchObject({ code: 'CLUSTERDOWN' });
});

it('a user without the right to follow ASK is told so, and a lease is not taken for lost', async () => {
  const fake = await startFakeRedis((name) => {
    if (name === 'PING') return '+PONG\r\n';
    if (name === 'CLUSTER') return ranges(range(ALL, fake.port));
    return name === 'ASKING' ? "-NOPERM no permissions to run the 'asking' command\r\n" : `-ASK 1 ${fake.addr}\r\n`;
  });
  opened.push(fake);
  const { cache } = await openCluster(fake);

  await expect(cache.renew?.('key', 'token', 1_000)).rejects.toThrow('allow +asking');
});

it('a user with "cluster" and "asking" in its name is told which command it may not run', async () => {
  const fake = await startFakeRedis((name) => {
    if (name === 'PING') return '+PONG\r\n';
    if (name === 'CLUSTER') return ranges(range(ALL, fake.port));
    return "-NOPERM User asking-cluster has no permissions to run the 'get' command\r\n";
  });
  opened.push(fake);
  const { cache } = await openCluster(fake);

  await expect(cache.get('key')).rejects.toThrow("NOPERM User asking-cluster has no permissions to run the 'get'");
});

it('a redirection that waits for its node ends when the cache is closed', async () => {
  const silence = await startSilence();
  const { fake, counts } = await startNode({
    slots: (port) => ranges(range(ALL, port)),
    get: () => `-ASK 1 127.0.0.1:${silence.port}\r\n`,
  });
  const cache = await openRedisCache({ REDIS_CLUSTER: fake.addr }, 2_000);
  const call = sentences([cache.cache.get('key')]);
  await eventually('the redirection', () => counts.get === 1 && silence.connections === 1);
  await cache[Symbol.asyncDispose]();

  expect((await call).map(String)).toEqual(['RedisError: the cache is closed']);
  await eventually('no connection', () => fake.connections + silence.connections === 0);
});
