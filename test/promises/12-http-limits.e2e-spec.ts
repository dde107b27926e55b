// Slow, silent or large clients, and too many requests on one connection: each gets an error and loses its connection.
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { TOKEN } from '../support/admin.js';
import { MEMORY_PLUGIN, type Program, startProgram } from '../support/program.js';
import { figure, promise } from '../support/promises.js';
import { type RawAnswer, RawClient, requestFor } from '../support/raw-client.js';
import { expectWork } from '../support/work.js';

/** Node checks for slow requests once per second. */
const CHECK_MS = 1_000;
/** Allowance for a busy machine. */
const PATIENCE_MS = 5_000;

const memory = { CACHE_PLUGIN_PATH: MEMORY_PLUGIN };
const headersTimeout = { HTTP_HEADERS_TIMEOUT: '300ms' };

const TUNNEL = 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n';

const statuses = (answers: readonly RawAnswer[]): number[] => answers.map(({ status }) => status);

/** The only answer on a connection that the server then closes cleanly. */
async function lastAnswer(client: RawClient): Promise<RawAnswer> {
  const answers = await client.closed();
  expect([statuses(answers), client.error]).toEqual([[expect.any(Number)], undefined]);
  const [answer] = answers;
  if (answer === undefined) throw new Error('no answer');
  expect(answer.headers).toMatchObject({
    connection: 'close',
    'content-type': 'application/problem+json; charset=utf-8',
    'x-content-type-options': 'nosniff',
  });
  expect(JSON.parse(answer.body)).toMatchObject({ status: answer.status });
  return answer;
}

async function calculationsOf(program: Program): Promise<number> {
  await program.caughtUp();
  return program.lines.filter(({ msg }) => msg.startsWith('cache miss; ')).length;
}

promise(12, () => {
  it.each([
    ['stops in the middle of its headers', 'GET /fib/10 HTTP/1.1\r\nHost: loc'],
    ['sends nothing', ''],
  ])('answers 408 to a client that %s, after HTTP_HEADERS_TIMEOUT', async (_, text) => {
    await using program = await startProgram({ env: headersTimeout });
    using client = await RawClient.connect(program.url);
    const startedMs = performance.now();
    if (text !== '') await client.send(text);

    expect((await lastAnswer(client)).status).toBe(408);
    expect(performance.now() - startedMs).toBeLessThan(300 + CHECK_MS + PATIENCE_MS);
  });

  it('does not extend the time for a client that sends single bytes of its headers', async ({ task }) => {
    await using program = await startProgram({ env: headersTimeout });
    using client = await RawClient.connect(program.url);
    const startedMs = performance.now();
    await client.send('GET /fib/10 HTTP/1.1\r\nX: ');
    while (!client.isClosed && performance.now() - startedMs < 300 + CHECK_MS + PATIENCE_MS) {
      client.socket.write('x');
      await delay(50);
    }

    expect((await lastAnswer(client)).status).toBe(408);
    figure(task, `with HTTP_HEADERS_TIMEOUT=300ms, closed after ${Math.round(performance.now() - startedMs)} ms`);
  });

  it('limits the headers to the time for the whole request if that is shorter', async () => {
    await using program = await startProgram({ env: { HTTP_REQUEST_TIMEOUT: '300ms' } });
    using client = await RawClient.connect(program.url);
    await client.send('GET /fib/10 HTTP/1.1\r\nHost: loc');

    expect((await lastAnswer(client)).status).toBe(408);
  });

  it('answers 408 when the body does not arrive within HTTP_REQUEST_TIMEOUT', async () => {
    const env = { ...headersTimeout, HTTP_REQUEST_TIMEOUT: '500ms', ADMIN_TOKEN: TOKEN };
    await using program = await startProgram({ env });
    using client = await RawClient.connect(program.url);
    await client.send(
      `POST /admin/plugins/cache HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n{"pa`,
    );

    expect((await lastAnswer(client)).status).toBe(408);
    expect(program.lines.filter(({ level }) => level >= 40)).toEqual([]);
  });

  it('answers 431 to headers of 17 kB, and accepts headers of 15 kB', async () => {
    await using program = await startProgram();
    // The client reads after it has sent all. A server that had closed at its answer would reset the connection.
    using large = await RawClient.connect(program.url, { isDeaf: true });
    await large.send('GET /fib/10 HTTP/1.1\r\nHost: localhost\r\nX-Large: ');
    for (let sent = 0; sent < 3; sent++) {
      await large.send('x'.repeat(17 * 1024));
      await program.caughtUp();
    }
    large.socket.resume();
    using fitting = await RawClient.connect(program.url);
    await fitting.send(requestFor('/fib/10', [`X-Large: ${'x'.repeat(15 * 1024)}`]));

    const { status, body } = await lastAnswer(large);
    expect(status).toBe(431);
    expect(JSON.parse(body)).toMatchObject({ detail: 'the headers are larger than 16384 bytes' });
    expect(statuses(await fitting.answers(1))).toEqual([200]);
  });

  it('answers 400 to input that is not HTTP, after the answers to earlier requests', async () => {
    await using program = await startProgram({ env: memory });
    using client = await RawClient.connect(program.url);
    await client.send(`${requestFor('/fib/36')}${requestFor('/fib/10')}this is no HTTP\r\n\r\n`);

    expect(statuses(await client.closed())).toEqual([200, 200, 400]);
    expect(client.error).toBeUndefined();
  });

  it('answers 405 to CONNECT, after the answers to earlier requests', async () => {
    await using program = await startProgram({ env: memory });
    using client = await RawClient.connect(program.url);
    await client.send(`${requestFor('/fib/36')}${requestFor('/fib/10')}${TUNNEL}`);

    const answers = await client.closed();
    expect(answers.map(({ status, body }) => [status, JSON.parse(body) as unknown])).toEqual([
      [200, { result: 14_930_352 }],
      [200, { result: 55 }],
      [405, expect.objectContaining({ detail: 'CONNECT is not supported' })],
    ]);
    expect(client.error).toBeUndefined();
  });

  it('starts no more than HTTP_MAX_IN_FLIGHT_PER_CONNECTION requests, answers 429 to the next, and drops the rest', async ({
    task,
  }) => {
    await using program = await startProgram({ env: { ...memory, HTTP_MAX_IN_FLIGHT_PER_CONNECTION: '8' } });
    using client = await RawClient.connect(program.url);
    await client.send(requestFor('/fib/38').repeat(1_000));

    const answers = await client.closed();
    expect(statuses(answers)).toEqual([...Array<number>(8).fill(200), 429]);
    expect(answers.map(({ headers }) => headers['connection'])).toEqual([
      ...Array<string>(8).fill('keep-alive'),
      'close',
    ]);
    expect(await calculationsOf(program)).toBe(8);
    expect((await program.stop()).stderr).toBe('');
    figure(task, '1,000 pipelined, at most 8 in flight: 8 answered 200, the next 429, 991 dropped');
  });

  it.each([
    ['sent too many', requestFor('/fib/50').repeat(1_000)],
    ['sent input that is not HTTP', `${requestFor('/fib/50')}this is no HTTP\r\n\r\n`],
    ['sent a partial request', `${requestFor('/fib/50')}GET /fib/10 HTTP/1.1\r\nHost: loc`],
    ['sent CONNECT', `${requestFor('/fib/50')}${requestFor('/health/live')}${TUNNEL}`],
    ['sent an unexpected body', `${requestFor('/fib/50')}${requestFor('/', ['Content-Length: 9'])}`],
  ])('cancels the work of requests in flight when a client leaves that %s', async (_, text) => {
    await using program = await startProgram({ env: { ...memory, HTTP_MAX_IN_FLIGHT_PER_CONNECTION: '8' } });
    using client = await RawClient.connect(program.url);
    await client.send(text);
    await program.line('cache miss; calculating the fib(n)', { n: 50 });
    client.socket.end();

    await program.line('request cancelled', { url: '/fib/50' });
    expect(program.logged('fib(n) calculated')).toEqual([]);
    await expectWork(program, {
      compute: { busy: 0, queued: 0, flights: 0 },
      http: { requests: 1, connections: 1 },
    });
  });

  it('cuts a connection that does not stop pipelining', async () => {
    await using program = await startProgram({ env: { ...memory, HTTP_MAX_IN_FLIGHT_PER_CONNECTION: '8' } });
    using client = await RawClient.connect(program.url);
    client.socket.write(requestFor('/fib/50').repeat(10_000));

    expect(statuses(await client.closed())).toEqual([]);
    await program.line('request cancelled', { url: '/fib/50' });
  });

  it('sends Connection: close after HTTP_MAX_REQUESTS_PER_CONNECTION, and drops later requests', async () => {
    await using program = await startProgram({ env: { ...memory, HTTP_MAX_REQUESTS_PER_CONNECTION: '3' } });
    using client = await RawClient.connect(program.url);
    await client.send([20, 21, 22, 23, 24].map((n) => requestFor(`/fib/${n}`)).join(''));

    const answers = await client.closed();
    expect(answers.map(({ status, headers }) => [status, headers['connection']])).toEqual([
      [200, 'keep-alive'],
      [200, 'keep-alive'],
      [200, 'close'],
    ]);
    expect(await calculationsOf(program)).toBe(3);
  });

  it.each([
    [417, 'an expectation that cannot be met', '', requestFor('/', ['Expect: the unexpected'])],
    [413, 'an unexpected body', '', `${requestFor('/', ['Content-Length: 2'])}{}`],
    [400, 'no Host', '', 'GET / HTTP/1.1\r\n\r\n'],
    [404, 'a body that was not awaited', 'POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{}', '1234567'],
  ])('starts no work behind an answer %i that ends the connection: %s', async (status, _, early, late) => {
    await using program = await startProgram({ env: memory });
    using client = await RawClient.connect(program.url);
    await client.send(early);
    await client.answers(early === '' ? 0 : 1);
    client.socket.write(late + requestFor('/fib/10').repeat(3));

    expect(statuses(await client.closed())).toEqual([status]);
    expect(await calculationsOf(program)).toBe(0);
  });

  it('closes a connection that is idle for the announced HTTP_KEEP_ALIVE_TIMEOUT and one second', async ({ task }) => {
    await using program = await startProgram({ env: { ...memory, HTTP_KEEP_ALIVE_TIMEOUT: '1s' } });
    using client = await RawClient.connect(program.url);
    await client.send(requestFor('/fib/10'));
    const [answer] = await client.answers(1);
    const idleMs = performance.now();
    await client.closed();
    const closedMs = performance.now() - idleMs;

    expect(answer?.headers).toMatchObject({ connection: 'keep-alive', 'keep-alive': 'timeout=1' });
    expect(closedMs).toBeGreaterThan(1_500);
    expect(closedMs).toBeLessThan(2_000 + PATIENCE_MS);
    figure(task, `with HTTP_KEEP_ALIVE_TIMEOUT=1s, closed after ${Math.round(closedMs)} ms`);
  });

  it('reads only a part of an endless body that no route accepts', async ({ task }) => {
    await using program = await startProgram({ env: { HTTP_REQUEST_TIMEOUT: '1h' } });
    using client = await RawClient.connect(program.url);
    await client.send('POST /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000000000\r\n\r\n');
    const piece = Buffer.alloc(100_000);
    let sentBytes = 0;
    let isTaken = true;
    while (isTaken && sentBytes < 1_000_000_000) {
      isTaken = await client.send(piece).then(
        () => true,
        () => false,
      );
      sentBytes += piece.length;
    }

    expect(statuses(await client.closed())).toEqual([404]);
    expect(sentBytes).toBeLessThan(100_000_000);
    figure(task, `cut after ${(sentBytes / 1e6).toFixed(1)} MB`);
  });

  it('answers a client that writes more of such a body than is read, and reads later', async () => {
    await using program = await startProgram();
    using client = await RawClient.connect(program.url, { isDeaf: true });
    client.socket.write('POST /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000000000\r\n\r\n');
    for (let sent = 0; sent < 5; sent++) {
      client.socket.write(Buffer.alloc(1_000_000));
      await program.caughtUp();
    }
    client.socket.resume();

    expect(statuses(await client.answers(1))).toEqual([404]);
  });

  it('ignores a request for another protocol, answers, and keeps the connection', async () => {
    await using program = await startProgram({ env: memory });
    using client = await RawClient.connect(program.url);
    for (const protocol of ['websocket', 'h2c']) {
      await client.send(requestFor('/fib/10', ['Connection: Upgrade', `Upgrade: ${protocol}`]));
      await client.answers(protocol === 'websocket' ? 1 : 2);
    }

    const answers = await client.answers(2);
    expect(answers.map(({ status, headers }) => [status, headers['connection']])).toEqual([
      [200, 'keep-alive'],
      [200, 'keep-alive'],
    ]);
  });

  it('sends 100 Continue only if a route may accept the body', async () => {
    await using program = await startProgram({ env: { ADMIN_TOKEN: TOKEN } });
    using refused = await RawClient.connect(program.url);
    await refused.send(requestFor('/fib/10', ['Content-Length: 5', 'Expect: 100-continue']));
    using asked = await RawClient.connect(program.url);
    await asked.send(
      `POST /admin/plugins/cache HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n`,
    );
    expect(statuses(await asked.answers(1))).toEqual([100]);
    await asked.send('{}');
    using unknown = await RawClient.connect(program.url);
    await unknown.send(
      `POST /admin/plugins/cache HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n`,
    );

    expect(statuses(await asked.answers(2))).toEqual([100, 400]);
    expect(statuses(await refused.answers(1))).toEqual([413]);
    expect(statuses(await unknown.answers(1))).toEqual([401]);
  });
});
