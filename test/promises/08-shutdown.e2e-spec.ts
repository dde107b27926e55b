// The end of the process at a second signal, at the end of the grace time, and with unused connections.
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { MEMORY_PLUGIN, startProgram } from '../support/program.js';
import { figure, promise } from '../support/promises.js';
import { RawClient, requestFor } from '../support/raw-client.js';
import { ask } from '../support/request.js';
import { workOf } from '../support/work.js';

const env = { CACHE_PLUGIN_PATH: MEMORY_PLUGIN, LOG_LEVEL: 'info' };

promise(8, () => {
  it.for([
    ['as an ordinary process', false],
    ['as process 1', true],
  ] as const)('ends at once on a second signal, with 1, %s', async ([, asPid1], { task }) => {
    await using program = await startProgram({ env: { ...env, SHUTDOWN_GRACE: '60s' }, asPid1 });
    const client = ask(program.url, '/fib/50');
    await eventually('a request in flight', async () => (await workOf(program)).http.requests === 2);
    const outcome = client.answer.catch((error: unknown) => String(error));
    program.signal('SIGTERM');
    await program.line('shutting down');
    // Sooner, it would count as the same key press, sent by npm.
    await delay(600);
    const secondMs = performance.now();
    program.signal('SIGTERM');

    expect((await program.ended()).code).toBe(1);
    expect(await outcome).toBe('Error: socket hang up');
    const ms = performance.now() - secondMs;
    expect(ms).toBeLessThan(5_000);
    figure(task, `second signal to exit ${Math.round(ms)} ms`);
  });

  it('answers 503 to requests that are in flight at the end of the grace time, and cancels their work', async () => {
    await using program = await startProgram({ env: { ...env, LOG_LEVEL: 'debug', SHUTDOWN_GRACE: '1s' } });
    using client = await RawClient.connect(program.url);
    await client.send(requestFor('/fib/50').repeat(2));
    await eventually('both', () => program.lines.filter(({ msg }) => msg.startsWith('cache miss; ')).length === 2);
    program.signal('SIGTERM');

    const answers = await client.closed();
    expect(answers.map(({ status }) => status)).toEqual([503, 503]);
    expect(answers.map(({ body }) => JSON.parse(body) as unknown)).toMatchObject([
      { status: 503, error: 'shutting down' },
      { status: 503, error: 'shutting down' },
    ]);
    const { code, stderr } = await program.ended();
    expect([code, stderr]).toEqual([0, '']);
    expect(program.logged('fib(n) calculated')).toEqual([]);
    expect(program.lines.filter(({ level }) => level >= 40)).toEqual([]);
  });

  it.each([
    ['stays', false],
    ['leaves', true],
  ])('ends within the grace time after a client has sent CONNECT behind other requests, and %s', async (_, hasLeft) => {
    await using program = await startProgram({ env: { ...env, SHUTDOWN_GRACE: '1s' } });
    using client = await RawClient.connect(program.url);
    await client.send(`${requestFor('/fib/50')}${requestFor('/health/live')}CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n`);
    await program.caughtUp();
    if (hasLeft) client.leave();
    const startedMs = performance.now();
    program.signal('SIGTERM');

    const { code, stderr } = await program.ended();
    expect([code, stderr]).toEqual([0, '']);
    expect(performance.now() - startedMs).toBeLessThan(5_000);
    expect(program.logged('request cancelled', { url: '/fib/50' }).length).toBe(hasLeft ? 1 : 0);
    expect((await client.closed()).map(({ status }) => status)).toEqual(hasLeft ? [] : [503, 200, 405]);
  });

  it('does not wait for unused connections', async ({ task }) => {
    await using program = await startProgram({ env: { ...env, SHUTDOWN_GRACE: '60s' } });
    using silent = await RawClient.connect(program.url);
    using half = await RawClient.connect(program.url);
    await half.send('GET /fib/10 HTTP/1.1\r\nHost: loc');
    using idle = await RawClient.connect(program.url);
    await idle.send(requestFor('/fib/10'));
    await idle.answers(1);
    const startedMs = performance.now();
    program.signal('SIGTERM');

    await Promise.all([silent.closed(), half.closed(), idle.closed()]);
    expect((await program.ended()).code).toBe(0);
    const ms = performance.now() - startedMs;
    expect(ms).toBeLessThan(10_000);
    figure(task, `a silent, an idle and a stuck connection: exit after ${Math.round(ms)} ms`);
  });
});
