// Uncaught errors: they end the process after requests in flight are answered.
import { describe, expect, it } from 'vitest';
import { eventually } from './support/eventually.js';
import { KeptClient } from './support/kept-client.js';
import { fixture, runProgram, startProgram } from './support/program.js';
import { RawClient, requestFor } from './support/raw-client.js';
import { ask, get } from './support/request.js';
import { expectWork } from './support/work.js';

/** Its answer for "20" comes after a while by a timer, so the request needs no core and takes less than 3 s. */
const CACHE_TIMEOUT = '20s';
const THROWS = { CACHE_PLUGIN_PATH: fixture('faults/timer-throws.mjs'), CACHE_TIMEOUT };

describe('an uncaught error', () => {
  it.each([
    ['thrown by a timer', 'timer-throws.mjs', 'uncaughtException'],
    ['rejected behind the back', 'rejection-unhandled.mjs', 'unhandledRejection'],
    ['emitted unheard', 'error-unheard.mjs', 'uncaughtException'],
  ])('(%s) is logged as fatal, lets requests in flight end, and ends the process with 1', async (_, plugin, origin) => {
    const env = { CACHE_PLUGIN_PATH: fixture(`faults/${plugin}`), CACHE_TIMEOUT };
    await using program = await startProgram({ env });
    const client = ask(program.url, '/fib/19');
    await expectWork(program, expect.objectContaining({ http: expect.objectContaining({ requests: 2 }) }));
    await get(program.url, '/fib/13');

    expect((await client.answer).body).toEqual({ result: 4_181 });
    const { code, stderr } = await program.ended();
    expect([code, stderr]).toEqual([1, '']);
    const [fatal, ...others] = program.logged('uncaught error');
    expect(others).toEqual([]);
    expect(fatal).toMatchObject({ level: 60, origin, err: { type: 'Error', stack: expect.stringContaining(plugin) } });
    expect(program.lines.map(({ msg, url }) => (url === '/fib/19' ? url : msg))).toEqual(
      expect.toSatisfy((lines: string[]) => lines.indexOf('uncaught error') < lines.indexOf('/fib/19')),
    );
    expect(program.lines.at(-1)?.msg).toBe('application stopped');
  });

  it('drops no request of clients that keep their connections', async () => {
    await using program = await startProgram({ env: { ...THROWS, LOG_LEVEL: 'info' } });
    let isOver = false;
    const clients = Array.from({ length: 50 }, () => new KeptClient(program.url));
    const running = Promise.all(
      clients.map((client) =>
        client.run(
          () => '/fib/10',
          () => isOver,
        ),
      ),
    );
    await eventually('an answer for each client', () => clients.every((client) => client.answered > 0));
    // New connections may be refused from now on.
    isOver = true;
    await get(program.url, '/fib/13');

    expect((await program.ended()).code).toBe(1);
    await running;
    expect(clients.flatMap((client) => client.failures)).toEqual([]);
  });

  it('during a drain is logged, and does not start another shutdown', async () => {
    await using program = await startProgram({ env: THROWS });
    const clients = [ask(program.url, '/fib/19'), ask(program.url, '/fib/13'), ask(program.url, '/fib/13')];
    const answers = await Promise.all(clients.map((client) => client.answer));

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await program.ended()).code).toBe(1);
    expect(program.logged('uncaught error')).toHaveLength(2);
    expect(program.logged('shutting down')).toHaveLength(1);
    expect(program.logged('application stopped')).toHaveLength(1);
  });

  it.each([
    ['before the process drains', false],
    ['while it drains', true],
  ])('%s gives requests in flight at most 3 s, even with a longer SHUTDOWN_GRACE', async (_, isDraining) => {
    await using program = await startProgram({ env: { ...THROWS, SHUTDOWN_GRACE: '1h' } });
    using kept = await RawClient.connect(program.url);
    await kept.send(requestFor('/health/live'));
    await kept.answers(1);
    const client = ask(program.url, '/fib/50');
    await program.line('cache miss; calculating the fib(n)', { n: 50 });
    if (isDraining) {
      program.signal('SIGTERM');
      await program.line('shutting down');
    }
    const startedMs = performance.now();
    await kept.send(requestFor('/fib/13'));

    const { status, body } = await client.answer;
    expect([status, body]).toMatchObject([503, { error: 'shutting down' }]);
    const { code, stderr } = await program.ended();
    expect([code, stderr]).toEqual([1, '']);
    expect(performance.now() - startedMs).toBeLessThan(15_000);
    expect(program.lines.at(-1)?.msg).toBe('application stopped');
  });

  it('ends the process within 5 s, though requests take long and the plugin never closes', async () => {
    const env = { CACHE_PLUGIN_PATH: fixture('faults/timer-throws-close-hangs.mjs'), SHUTDOWN_GRACE: '1h' };
    await using program = await startProgram({ env });
    const client = ask(program.url, '/fib/50');
    await program.line('cache miss; calculating the fib(n)', { n: 50 });
    await get(program.url, '/fib/13');

    expect((await client.answer).status).toBe(503);
    const { code, stderr } = await program.ended();
    expect([code, stderr]).toEqual([1, '']);
    // The limit ended it: neither the drain nor the plugin, which would have had 5 s.
    expect(program.logged('uncaught error')).toHaveLength(1);
    expect(program.logged('cache plugin not closed')).toEqual([]);
    expect(program.logged('application stopped')).toEqual([]);
  });

  it('ends a start with 1 and one line', async () => {
    const { code, stdout, stderr } = await runProgram({
      env: { CACHE_PLUGIN_PATH: fixture('faults/throws-while-starting.mjs') },
    });

    expect([code, stderr]).toEqual([1, 'pluggable: uncaught error: thrown by a timer\n']);
    expect(stdout).not.toMatch(/"level":[56]0/);
  });
});
