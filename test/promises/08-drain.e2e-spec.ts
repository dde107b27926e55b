// The drain: under load with clients that never close, as an ordinary process and as PID 1, and on kept connections.
import { expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { KeptClient } from '../support/kept-client.js';
import { MEMORY_PLUGIN, type Program, startProgram } from '../support/program.js';
import { figure, promise } from '../support/promises.js';
import { RawClient, requestFor } from '../support/raw-client.js';
import { workOf } from '../support/work.js';

const CLIENTS = 200;
const GRACE_MS = 6_000;
const env = {
  CACHE_PLUGIN_PATH: MEMORY_PLUGIN,
  // Some requests are hits, some compute, and never more than may wait.
  CACHE_EXPIRATION: '50ms',
  LOG_LEVEL: 'info',
  SHUTDOWN_GRACE: `${GRACE_MS}ms`,
  ADMIN_TOKEN: 'none of these clients has it',
};

/** A program under load, its end by a signal, and the results of all requests. */
class Load {
  private isOver = false;
  private readonly clients: readonly KeptClient[];
  private readonly running: Promise<unknown>;

  constructor(private readonly program: Program) {
    this.clients = Array.from({ length: CLIENTS }, () => new KeptClient(program.url));
    let asked = 0;
    const nextPath = (): string => `/fib/${(asked += 1) % 10}`;
    this.running = Promise.all(this.clients.map((client) => client.run(nextPath, () => this.isOver)));
  }

  get answered(): number {
    return this.clients.reduce((sum, client) => sum + client.answered, 0);
  }

  get failures(): string[] {
    return this.clients.flatMap((client) => client.failures);
  }

  async isFull(): Promise<void> {
    await eventually('an answer for each client', () => this.clients.every((client) => client.answered > 0));
  }

  /** Sends SIGTERM and waits for all ends. @returns the exit code, and the duration in milliseconds */
  async end(): Promise<{ readonly code: number | null; readonly stderr: string; readonly ms: number }> {
    const startedMs = performance.now();
    this.isOver = true;
    this.program.signal('SIGTERM');
    const { code, stderr } = await this.program.ended();
    const ms = performance.now() - startedMs;
    await this.running;
    return { code, stderr, ms };
  }
}

/** Clients that a server would wait for without end. */
async function hostileClients(program: Program): Promise<AsyncDisposable> {
  const clients: RawClient[] = [];
  const add = async (isDeaf = false): Promise<RawClient> => {
    const client = await RawClient.connect(program.url, { isDeaf });
    clients.push(client);
    return client;
  };
  await add();
  await (await add()).send('GET /fib/10 HTTP/1.1\r\nHost: loc');

  const deaf = await add(true);
  const longPath = `/${'x'.repeat(8_000)}`;
  let inFlight = 0;
  await eventually('unread answers', async () => {
    if (inFlight < 10) deaf.socket.write(requestFor(longPath).repeat(20));
    // One of them is this request.
    inFlight = (await workOf(program)).http.requests - 1;
    return inFlight >= 10;
  });

  const chatty = await add();
  const slow = await add();
  await slow.send(
    'POST /admin/plugins/cache HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 10000\r\n\r\n',
  );
  const talk = setInterval(() => {
    if (!chatty.isClosed) chatty.socket.write(requestFor('/health/live'));
    if (!slow.isClosed) slow.socket.write(' ');
  }, 20);
  return {
    [Symbol.asyncDispose]: async () => {
      clearInterval(talk);
      for (const client of clients) client.leave();
      await Promise.all(clients.map((client) => client.closed()));
    },
  };
}

promise(8, () => {
  it(`answers every request of ${CLIENTS} clients with kept connections, and exits with 0`, async ({ task }) => {
    await using program = await startProgram({ env });
    const load = new Load(program);
    await load.isFull();
    const before = load.answered;
    const { code, stderr, ms } = await load.end();

    expect([code, stderr, load.failures]).toEqual([0, '', []]);
    expect(load.answered).toBeGreaterThan(before);
    expect(ms).toBeLessThan(GRACE_MS);
    figure(task, `${load.answered} requests, 0 dropped; SIGTERM to exit ${Math.round(ms)} ms`);
  });

  it('does the same as PID 1 with five hostile clients, within the grace time', async ({ task }) => {
    await using program = await startProgram({ env, asPid1: true });
    await using stack = new AsyncDisposableStack();
    stack.use(await hostileClients(program));
    const load = new Load(program);
    await load.isFull();
    const { code, stderr, ms } = await load.end();

    expect([code, stderr, load.failures]).toEqual([0, '', []]);
    expect(ms).toBeLessThan(GRACE_MS);
    expect(program.lines.filter(({ level }) => level >= 40)).toEqual([]);
    const { length: refused } = program.logged('request completed', { status: 503 });
    figure(
      task,
      `${load.answered} requests, 0 dropped, ${refused} hostile clients got 503; exit after ${Math.round(ms)} ms of ${GRACE_MS}`,
    );
  });

  it('answers readiness with 503 and liveness with 200 while it drains, and serves on kept connections', async () => {
    await using program = await startProgram({ env });
    using ready = await RawClient.connect(program.url);
    using live = await RawClient.connect(program.url);
    using kept = await RawClient.connect(program.url);
    const clients = [ready, live, kept];
    await Promise.all(clients.map((client) => client.send(requestFor('/health/live'))));
    await Promise.all(clients.map((client) => client.answers(1)));
    program.signal('SIGTERM');
    await program.line('shutting down');
    await ready.send(requestFor('/health/ready'));
    await live.send(requestFor('/health/live'));
    await kept.send(requestFor('/fib/36') + requestFor('/fib/20'));

    const [, notReady] = await ready.closed();
    expect(notReady).toMatchObject({ status: 503, headers: { connection: 'close' } });
    expect(notReady?.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(JSON.parse(notReady?.body ?? '')).toMatchObject({
      error: 'not ready',
      detail: 'http: the service is shutting down',
    });
    expect((await live.closed()).map(({ status }) => status)).toEqual([200, 200]);
    // Only the last answer of a pipeline ends the connection.
    expect((await kept.closed()).map(({ status, headers }) => [status, headers['connection']])).toEqual([
      [200, 'keep-alive'],
      [200, undefined],
      [200, 'close'],
    ]);
    expect((await program.ended()).code).toBe(0);
  });

  it('ends a connection after HTTP_MAX_REQUESTS_PER_CONNECTION while it drains, and drops later requests', async () => {
    await using program = await startProgram({ env: { ...env, HTTP_MAX_REQUESTS_PER_CONNECTION: '3' } });
    using client = await RawClient.connect(program.url);
    await client.send(requestFor('/health/live'));
    await client.answers(1);
    program.signal('SIGTERM');
    await program.line('shutting down');
    await client.send(['/fib/36', '/fib/37', '/fib/20', '/fib/21'].map((path) => requestFor(path)).join(''));

    expect((await client.closed()).map(({ status, headers }) => [status, headers['connection']])).toEqual([
      [200, 'keep-alive'],
      [200, undefined],
      [200, 'close'],
    ]);
    expect((await program.ended()).code).toBe(0);
  });
});
