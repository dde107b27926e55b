// GET /events of the program: what its messages say, what they do not say, their limits, and their end.
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { swap, TOKEN } from './support/admin.js';
import { eventually } from './support/eventually.js';
import { LiveClient } from './support/live-events.js';
import { fixture, MEMORY_PLUGIN, type Program, startProgram } from './support/program.js';
import { RawClient, requestFor } from './support/raw-client.js';
import { ask, get } from './support/request.js';
import { computing, expectWork } from './support/work.js';

const SECRET = 'redis://user:secret@127.0.0.1:1';

describe('GET /events', () => {
  let program: Program;
  beforeAll(async () => {
    program = await startProgram({
      env: { CACHE_PLUGIN_PATH: MEMORY_PLUGIN, ADMIN_TOKEN: TOKEN, REDIS_URL: SECRET, EVENTS_MAX_CLIENTS: '3' },
    });
  });
  afterAll(() => program[Symbol.asyncDispose]());

  it('begins with the state', async () => {
    using client = await LiveClient.open(program.url);
    expect(client.headers.get('content-type')).toBe('text/event-stream');
    const state = await client.message('state');
    expect(state.estimate.ms).toBeGreaterThan(0);
    expect(state).toMatchObject({
      nodeVersion: process.versions.node,
      load: { busy: 0, queued: 0, viewers: 1 },
      plugins: [{ slot: 'cache', state: 'live', name: 'cache-memory', isolation: 'inline', swaps: 0, error: null }],
      calls: [],
    });
  });

  it('shows the steps of requests, with the ids of their log lines', async () => {
    using client = await LiveClient.open(program.url);
    await client.message('state');
    const { headers } = await get(program.url, '/fib/20');
    await get(program.url, '/fib/20');
    const own = await ask(program.url, '/fib/20', { headers: { 'X-Request-Id': 'of-the-page' } }).answer;
    expect(own.headers['x-request-id']).toBe('of-the-page');
    await eventually('four steps', () => client.steps().length === 4);

    expect(client.steps()).toMatchObject([
      { step: 'started', id: headers['x-request-id'], n: 20 },
      { step: 'answered', id: headers['x-request-id'], n: 20, durationMs: expect.any(Number) },
      { step: 'hit', n: 20 },
      { step: 'hit', n: 20, id: 'of-the-page' },
    ]);
  });

  it('shows a joined request, and cancelled ones', async () => {
    using client = await LiveClient.open(program.url);
    await client.message('state');
    const first = ask(program.url, '/fib/50', { headers: { 'X-Request-Id': 'first' } });
    await expectWork(program, computing({ busy: 1, flights: 1 }));
    const second = ask(program.url, '/fib/50', { headers: { 'X-Request-Id': 'second' } });
    await eventually('the join', () => client.steps().find(({ step }) => step === 'joined'));
    for (const asked of [first, second]) {
      asked.leave();
      await asked.answer.catch(() => undefined);
    }
    await eventually('both ends', () => client.steps().length === 4);
    const steps = client.steps().map(({ id, step }) => `${id} ${step}`);
    expect(steps.slice(0, 2)).toEqual(['first started', 'second joined']);
    expect(steps.slice(2).toSorted()).toEqual(['first cancelled', 'second cancelled']);
  });

  it('counts the steps that it leaves out', async () => {
    using client = await LiveClient.open(program.url);
    await client.message('state');
    await get(program.url, '/fib/3');
    // All hits of a burst come in one turn of the event loop.
    const requests = 200;
    const burst = { method: 'POST', headers: { 'Content-Type': 'application/json' } };
    const body = Buffer.from(JSON.stringify({ n: 3, count: requests }));
    expect(await ask(program.url, '/playground/bursts', { ...burst, body }).answer).toMatchObject({ status: 200 });
    const hits = (): number =>
      client
        .messages('requests')
        .map(({ steps, omitted }) => steps.filter(({ step }) => step === 'hit').length + (omitted?.hit ?? 0))
        .reduce((sum, count) => sum + count, 0);
    await eventually('all hits', () => hits() >= requests);

    expect(hits()).toBe(requests);
    expect(Math.max(...client.messages('requests').map(({ steps }) => steps.length))).toBeLessThanOrEqual(52);
    expect(client.messages('requests').some(({ omitted }) => (omitted?.hit ?? 0) > 0)).toBe(true);
  });

  it('counts the durations of calls', async () => {
    using client = await LiveClient.open(program.url);
    // Until earlier clients have gone, and earlier calls were sent.
    await client.message('state', ({ load, calls }) => load.viewers === 1 && calls.length === 0);
    client.text = '';
    for (let request = 0; request < 10; request++) await get(program.url, '/fib/4');
    const counted = (): number =>
      client
        .messages('state')
        .flatMap(({ calls }) => calls)
        .filter(({ plugin, method }) => plugin === 'cache-memory' && method === 'get')
        .flatMap(({ counts }) => counts)
        .reduce((sum, count) => sum + count, 0);
    await eventually('all calls', () => counted() >= 10);
    expect(counted()).toBe(10);
  });

  it('shows a swap', async () => {
    using client = await LiveClient.open(program.url);
    await client.message('state');
    expect((await swap(program, { path: MEMORY_PLUGIN })).status).toBe(200);
    expect(await client.message('plugin', ({ event }) => event === 'swapped')).toMatchObject({
      plugin: 'cache-memory',
      version: expect.any(String),
    });
    await client.message('state', ({ plugins }) => plugins[0]?.swaps === 1);
  });

  it('shows no path, no configuration and no secret', async () => {
    using client = await LiveClient.open(program.url);
    await client.message('state');
    await swap(program, { path: fixture('no-such-file.mjs') });
    await client.message('plugin', ({ event }) => event === 'start-failed');
    expect(client.text).not.toContain('secret');
    expect(client.text).not.toContain('no-such-file');
    expect(client.text).not.toContain(TOKEN);
  });

  it('refuses more clients than allowed, until one leaves', async () => {
    const clients = await Promise.all(Array.from({ length: 3 }, () => LiveClient.open(program.url)));
    await Promise.all(clients.map((client) => client.message('state')));
    const refused = await get(program.url, '/events');
    expect(refused).toMatchObject({
      status: 503,
      headers: { 'retry-after': '10', 'content-type': 'application/problem+json; charset=utf-8' },
      body: { error: 'too many clients' },
    });

    clients[0]?.leave();
    const next = await eventually('a free place', async () => {
      const client = await LiveClient.open(program.url);
      return client.status === 200 && client;
    });
    for (const client of [...clients, next]) client.leave();
    await eventually('no client', async () => {
      using client = await LiveClient.open(program.url);
      return client.status === 200 && (await client.message('state')).load.viewers === 1;
    });
  });

  it('answers HEAD without a stream', async () => {
    expect(await ask(program.url, '/events', { method: 'HEAD' }).answer).toMatchObject({
      status: 200,
      headers: { 'content-type': 'text/event-stream' },
    });
  });
});

it('ends the stream at the start of a shutdown, so that the drain need not wait', async () => {
  await using program = await startProgram({ env: { SHUTDOWN_GRACE: '60s' } });
  using client = await LiveClient.open(program.url);
  await client.message('state');
  program.signal('SIGTERM');
  await client.ended();

  expect((await program.ended()).code).toBe(0);
  expect(program.logged('event stream ended', { url: '/events' })).toHaveLength(1);
});

it('ends the connection of a client that asks again during a shutdown', async () => {
  await using program = await startProgram({ env: { SHUTDOWN_GRACE: '120s' } });
  using client = await RawClient.connect(program.url);
  await client.send(requestFor('/events'));
  await eventually('the first event', () => client.text.includes('event: state'));
  program.signal('SIGTERM');
  while (!client.isClosed) {
    await client.send(requestFor('/events')).catch(() => undefined);
    await delay(20);
  }
  expect((await program.ended()).code).toBe(0);
});

it('refuses a stream behind another answer of its connection, which could not begin', async () => {
  await using program = await startProgram();
  using client = await RawClient.connect(program.url);
  await client.send(requestFor('/fib/36') + requestFor('/events'));
  const [, second] = await client.answers(2);
  expect([second?.status, second?.body]).toEqual([429, expect.stringContaining('on another connection')]);
});

it('does not exist with EVENTS=off', async () => {
  await using program = await startProgram({ env: { EVENTS: 'off' } });
  expect((await get(program.url, '/events')).status).toBe(404);
});
