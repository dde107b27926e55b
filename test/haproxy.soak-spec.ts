// Three replicas behind HAProxy with the configuration of deploy/haproxy: restarts and a killed replica under load.
import { readFile } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { durationMs } from '../src/config/duration.js';
import { settings } from '../src/config/settings.js';
import { TOKEN } from './support/admin.js';
import { eventually } from './support/eventually.js';
import { fibonacci } from './support/fibonacci.js';
import { checkHaproxy, CONFIG, startHaproxy } from './support/haproxy.js';
import { KeptClients } from './support/kept-clients.js';
import { leftovers } from './support/leftovers.js';
import { LiveClient } from './support/live-events.js';
import { scrape } from './support/metrics.js';
import type { Program } from './support/program.js';
import { type RawAnswer, RawClient } from './support/raw-client.js';
import { Replicas } from './support/replicas.js';
import { ask, get } from './support/request.js';

const CLIENTS = 30;
const REQUESTS = 100_000;
const STREAMS = 6;
/** For computations that take longer than the steps of the test before the kill. */
const SLOW_N = 45;
const SLOW = [43, 42, 41, 40, 39, 38];

describe('haproxy.cfg', () => {
  it('is valid, without a warning', async () => {
    expect(await checkHaproxy()).toBe('Configuration file is valid');
  });

  it('waits longer than a request that waits for another process and then computes', async () => {
    const config = await readFile(CONFIG, 'utf8');
    const limitMs = (directive: string): number =>
      Number(durationMs(new RegExp(`${directive} (\\S+)`).exec(config)?.[1] ?? ''));
    const { COMPUTE_TIMEOUT, COMPUTE_MAX_WAIT } = settings.parse({});
    const longestMs = 2 * COMPUTE_TIMEOUT + COMPUTE_MAX_WAIT;

    expect(limitMs('timeout server')).toBeGreaterThan(longestMs);
    expect(limitMs('timeout client')).toBeGreaterThan(longestMs);
    expect(limitMs('hard-stop-after')).toBeGreaterThan(limitMs('timeout server'));
  });

  it('with a wrong address ends HAProxy, and leaves no process', async () => {
    await expect(startHaproxy([1, 2, 70_000])).rejects.toThrow(/HAProxy ended: [^]*invalid port/);
    expect(leftovers().children).toBe(0);
  });
});

describe('three replicas behind HAProxy', () => {
  let replicas: Replicas | undefined;
  afterEach(async () => {
    await replicas?.[Symbol.asyncDispose]();
    replicas = undefined;
  });

  const start = async (env: Readonly<Record<string, string>>): Promise<Replicas> =>
    (replicas = await Replicas.start(env));

  it(`answer ${REQUESTS} requests of kept connections, all with 200, while they restart in turn`, async () => {
    const fleet = await start({ SHUTDOWN_DELAY: '3s', CACHE_EXPIRATION: '500ms' });
    await using clients = new KeptClients(fleet.haproxy.url, CLIENTS);
    const codes: (number | null)[] = [];
    do codes.push(...(await fleet.restart()));
    while (clients.isRunning && clients.answered < REQUESTS);
    await clients.stop();

    expect(clients.failures).toEqual([]);
    expect(clients.answered).toBeGreaterThanOrEqual(REQUESTS);
    expect(clients.connections).toBe(CLIENTS);
    expect(new Set(codes)).toEqual(new Set([0]));
    const misses = clients.answered - clients.hits;
    expect(misses).toBeGreaterThan(0);
    expect(misses).toBeLessThan(clients.hits / 2);
  });

  it('answer all requests with 200 while they restart in turn without SHUTDOWN_DELAY', async () => {
    const fleet = await start({ CACHE_EXPIRATION: '500ms' });
    await using clients = new KeptClients(fleet.haproxy.url, CLIENTS);
    const codes = [...(await fleet.restart()), ...(await fleet.restart())];
    await clients.stop();

    expect(clients.failures).toEqual([]);
    expect(clients.answered).toBeGreaterThan(0);
    expect(codes).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('answer each GET with 200 when one is killed; its POST gets 502, its event streams end', async () => {
    const fleet = await start({ CACHE_EXPIRATION: '1m', COMPUTE_MAX_WAIT: '60s' });
    const { haproxy } = fleet;
    await using clients = new KeptClients(haproxy.url, CLIENTS);
    const streams = await Promise.all(Array.from({ length: STREAMS }, () => LiveClient.open(haproxy.url)));
    await eventually('many hits', () => clients.hits > 1_000);

    const post = ask(haproxy.url, '/playground/bursts', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: Buffer.from(JSON.stringify({ n: SLOW_N, count: 1 })),
    }).answer;
    const victim = await eventually('the computation of the POST', () => computing(fleet));
    const gets = SLOW.map((n) => get(haproxy.url, `/fib/${n}`));
    await eventually('the computation of a GET on the same replica', async () => (await flightsOf(victim)) > 1);
    const cut = (await scrape(victim.url)).get('pluggable_event_clients');
    expect(cut).toBeGreaterThan(0);
    const ended: LiveClient[] = [];
    for (const stream of streams) void stream.ended().then(() => ended.push(stream));
    victim.signal('SIGKILL');

    expect(await post).toMatchObject({ status: 502, body: { error: 'bad gateway' } });
    const bodies = (await Promise.all(gets)).map(({ body }) => body);
    expect(bodies).toEqual(SLOW.map((n) => ({ result: fibonacci(n) })));
    await haproxy.hasUp(2);
    await eventually('the ends of streams', () => ended.length === cut);

    const before = clients.answered;
    await fleet.startReplica(fleet.all.indexOf(victim));
    await haproxy.hasUp(3);
    await eventually('more answers', () => clients.answered > before + 1_000 || !clients.isRunning);
    await clients.stop();
    expect(clients.failures).toEqual([]);
    expect(ended).toHaveLength(cut ?? 0);
    for (const stream of streams) stream.leave();
  });

  it('answer for the whole fleet only: routes of one replica are closed, and an error has the shape of the service', async () => {
    const fleet = await start({ ADMIN_TOKEN: TOKEN });
    const { haproxy } = fleet;
    const replica = fleet.replica(0);
    for (const path of ['/metrics', '/metrics?name', '/health/ready', '/admin/plugins']) {
      const [here, there] = [await rawGet(replica.url, path), await rawGet(haproxy.url, path)];
      expect([path, here.status === 404, there.status]).toEqual([path, false, 404]);
    }
    for (const path of ['/%6detrics', '/./metrics', '//metrics', '/METRICS', `${haproxy.url}/metrics`]) {
      expect([path, (await rawGet(haproxy.url, path)).status]).toEqual([path, 404]);
    }
    const [own, service] = [await rawGet(haproxy.url, '/metrics'), await rawGet(replica.url, '/none')];
    expect(own.headers['content-type']).toBe(service.headers['content-type']);
    expect(Object.keys(JSON.parse(own.body) as object)).toEqual(Object.keys(JSON.parse(service.body) as object));
  });

  it('have one id for a request, also in the log of HAProxy, and HAProxy is healthy while one of them is up', async () => {
    const fleet = await start({});
    const { haproxy } = fleet;
    const { headers } = await get(haproxy.url, '/fib/20');
    const own = await ask(haproxy.url, '/fib/20', { headers: { 'X-Request-Id': 'own' } }).answer;
    const ids = [headers['x-request-id'], own.headers['x-request-id']];
    expect(ids).toEqual([expect.stringMatching(/^[\da-f-]{36}$/), 'own']);
    for (const requestId of ids) {
      await eventually('its line in a log', () =>
        fleet.all.some((replica) => replica.logged('request completed', { requestId }).length > 0),
      );
    }

    const denied = await ask(haproxy.url, '/metrics', { headers: { 'X-Request-Id': 'denied' } }).answer;
    expect(denied.status).toBe(404);
    await eventually('the id in the log of HAProxy', () => haproxy.text.includes('{denied}'));

    const [first, ...others] = fleet.all;
    for (const replica of others) await replica.stop();
    await haproxy.hasUp(1);
    expect([await haproxy.health(), (await get(haproxy.url, '/fib/20')).status]).toEqual([200, 200]);
    await first?.stop();
    await haproxy.hasUp(0);
    expect([await haproxy.health(), await get(haproxy.url, '/fib/20')]).toMatchObject([503, { status: 503 }]);
  });
});

/** With an unmodified path, and a body of any type. */
async function rawGet(url: string, path: string): Promise<RawAnswer> {
  using client = await RawClient.connect(url);
  await client.send(`GET ${path} HTTP/1.1\r\nHost: ${new URL(url).host}\r\n\r\n`);
  const [answer] = await client.answers(1);
  if (answer === undefined) throw new Error(`no answer to ${path}`);
  return answer;
}

/** Computations under way or waiting for a worker. */
async function flightsOf(replica: Program): Promise<number> {
  return (await scrape(replica.url)).get('pluggable_flights') ?? Number.NaN;
}

/** The replica that computes. */
async function computing(fleet: Replicas): Promise<Program | undefined> {
  for (const replica of fleet.all) if ((await flightsOf(replica)) > 0) return replica;
  return undefined;
}
