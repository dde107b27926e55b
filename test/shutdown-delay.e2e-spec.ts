// SHUTDOWN_DELAY: after a signal readiness is 503, and requests are answered as before until the drain.
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { LiveClient } from './support/live-events.js';
import { fixture, MEMORY_PLUGIN, type Program, startProgram } from './support/program.js';
import { RawClient, requestFor } from './support/raw-client.js';
import { ask, get } from './support/request.js';

/** Long enough for all requests of a test on a busy machine. */
const DELAY_MS = 3_000;
const DRAINING = 'shutdown delay over; draining';

const messages = (program: Program): string[] => program.lines.map(({ msg }) => msg);

/** Sends the signal, and waits until the program has begun its shutdown. */
async function begin(program: Program, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  program.signal(signal);
  await program.line('shutting down');
}

describe('during SHUTDOWN_DELAY', () => {
  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    'after %s, readiness is 503 at once, requests succeed on new and kept connections, and the exit code is 0',
    async (signal) => {
      const env = { CACHE_PLUGIN_PATH: MEMORY_PLUGIN, SHUTDOWN_DELAY: `${DELAY_MS}ms` };
      await using program = await startProgram({ env });
      using kept = await RawClient.connect(program.url);
      await kept.send(requestFor('/fib/10'));
      await kept.answers(1);
      const signalledMs = performance.now();
      await begin(program, signal);

      const ready = await get(program.url, '/health/ready');
      const live = await get(program.url, '/health/live');
      const statuses: number[] = [];
      for (let n = 0; n < 20; n++) statuses.push((await get(program.url, `/fib/${n}`)).status);
      await kept.send(requestFor('/fib/11'));
      const [, second] = await kept.answers(2);
      expect([ready.status, ready.body]).toMatchObject([
        503,
        { error: 'not ready', detail: 'http: the service is shutting down' },
      ]);
      expect([live.status, live.body]).toEqual([200, { status: 'ok' }]);
      expect(statuses).toEqual(Array.from({ length: 20 }, () => 200));
      expect([second?.status, kept.isClosed]).toEqual([200, false]);

      const { code, stderr } = await program.ended();
      expect([code, stderr]).toEqual([0, '']);
      expect(performance.now() - signalledMs).toBeGreaterThanOrEqual(DELAY_MS - 50);
      expect(program.logged('shutting down')).toMatchObject([{ signal, delayMs: DELAY_MS }]);
      const order = messages(program).filter((msg) =>
        ['shutting down', 'request completed', DRAINING, 'application stopped'].includes(msg),
      );
      const answered = Array.from({ length: 23 }, () => 'request completed');
      expect(order).toEqual(['request completed', 'shutting down', ...answered, DRAINING, 'application stopped']);
    },
  );

  it('an answer has Connection: close only after the delay', async () => {
    await using program = await startProgram({ env: { SHUTDOWN_DELAY: `${DELAY_MS}ms` } });
    using kept = await RawClient.connect(program.url);
    await begin(program);
    const told: (string | undefined)[] = [];
    while (told.at(-1) !== 'close') {
      await kept.send(requestFor('/health/live'));
      told.push((await kept.answers(told.length + 1)).at(-1)?.headers['connection']);
    }

    await kept.closed();
    expect((await program.ended()).code).toBe(0);
    const order = messages(program).filter((msg) => ['request completed', DRAINING].includes(msg));
    expect(new Set(told.slice(0, -1))).toEqual(new Set(['keep-alive']));
    expect(order.lastIndexOf('request completed')).toBeGreaterThan(order.indexOf(DRAINING));
  });

  it('an event stream stays, and ends with the delay', async () => {
    await using program = await startProgram({ env: { SHUTDOWN_DELAY: `${DELAY_MS}ms` } });
    using client = await LiveClient.open(program.url);
    await client.message('state');
    await begin(program);
    await client.ended();

    expect((await program.ended()).code).toBe(0);
    expect(messages(program).filter((msg) => [DRAINING, 'event stream ended'].includes(msg))).toEqual([
      DRAINING,
      'event stream ended',
    ]);
  });

  it('the grace time has not begun', async () => {
    await using program = await startProgram({ env: { SHUTDOWN_DELAY: `${DELAY_MS}ms`, SHUTDOWN_GRACE: '400ms' } });
    const client = ask(program.url, '/fib/50');
    await program.line('cache miss; calculating the fib(n)', { n: 50 });
    await begin(program);

    const { status, durationMs } = await client.answer;
    expect(status).toBe(503);
    expect(durationMs).toBeGreaterThanOrEqual(DELAY_MS);
    expect((await program.ended()).code).toBe(0);
  });

  it('a second signal ends the process at once, with 1', async () => {
    await using program = await startProgram({ env: { SHUTDOWN_DELAY: '1h' } });
    await begin(program);
    // Sooner, it would count as the same key press, sent by npm.
    await delay(600);
    program.signal('SIGTERM');

    expect((await program.ended()).code).toBe(1);
    expect(program.logged(DRAINING)).toEqual([]);
  });

  it('an uncaught error ends the delay, with 1', async () => {
    const env = { CACHE_PLUGIN_PATH: fixture('faults/timer-throws.mjs'), SHUTDOWN_DELAY: '1h' };
    await using program = await startProgram({ env });
    await begin(program);
    await get(program.url, '/fib/13');

    expect((await program.ended()).code).toBe(1);
    expect(messages(program).at(-1)).toBe('application stopped');
  });
});

it.each(['0s', '0', ''])('SHUTDOWN_DELAY=%s drains at once', async (text) => {
  await using program = await startProgram({ env: { SHUTDOWN_DELAY: text } });

  expect((await program.stop()).code).toBe(0);
  expect(program.logged('shutting down')).toMatchObject([{ signal: 'SIGTERM' }]);
  expect(messages(program)).not.toContain(DRAINING);
});
