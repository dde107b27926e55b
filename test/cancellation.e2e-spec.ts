// Work that nobody waits for: who leaves, who stays, and what the process does then.
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { cpuShare } from './support/cpu.js';
import { eventually } from './support/eventually.js';
import { MEMORY_PLUGIN, type Program, startProgram } from './support/program.js';
import { RawClient, requestFor } from './support/raw-client.js';
import { ask, get } from './support/request.js';

const env = { CACHE_PLUGIN_PATH: MEMORY_PLUGIN };

/** What a cancelled request must not leave behind: an error in the log, or an answer that was nobody's. */
async function expectNoFalseError(program: Program): Promise<void> {
  await program.caughtUp();
  expect(program.lines.filter((line) => line.level >= 50)).toEqual([]);
  expect(program.lines.filter((line) => typeof line['status'] === 'number' && line['status'] >= 500)).toEqual([]);
}

describe('a client that leaves', () => {
  it('frees the CPU within 100 ms, as a cancelled request and not as an error', async () => {
    await using program = await startProgram({ env });
    const client = ask(program.url, '/fib/48');
    await program.line('cache miss; calculating the fib(n)', { n: 48 });
    await eventually('the computation', async () => (await cpuShare(program.pid, 300)) > 0.5);

    client.leave();
    await expect(client.answer).rejects.toThrow('socket hang up');
    await delay(100);
    expect(await cpuShare(program.pid, 1_000)).toBeLessThan(0.2);
    await program.line('request cancelled', { url: '/fib/48' });
    await expectNoFalseError(program);
    expect(program.logged('fib(n) calculated')).toEqual([]);
  });

  it('is refused with 413, and costs nothing, when it sends a body that nobody wants', async () => {
    await using program = await startProgram({ env });
    // It reads only when it has sent all: a connection that closes with that unread would be reset.
    using client = await RawClient.connect(program.url, { isDeaf: true });
    await client.send(requestFor('/fib/48', ['Content-Length: 300000']));
    await client.send(Buffer.alloc(300_000));
    client.socket.resume();

    const [answer] = await client.closed();
    expect(answer).toMatchObject({ status: 413, headers: { connection: 'close' } });
    expect(JSON.parse(answer?.body ?? '')).toMatchObject({ status: 413, detail: 'GET takes no body here' });
    expect(client.error).toBeUndefined();
    await program.caughtUp();
    expect(program.logged('cache miss; calculating the fib(n)')).toEqual([]);
  });

  it('does not take the work from another who waits for the same n', async () => {
    await using program = await startProgram({ env });
    const leaving = ask(program.url, '/fib/43');
    await program.line('cache miss; calculating the fib(n)', { n: 43 });
    const staying = ask(program.url, '/fib/43');
    await program.line('cache miss; joining the calculation of the fib(n)', { n: 43 });

    leaving.leave();
    await expect(leaving.answer).rejects.toThrow('socket hang up');
    await program.line('request cancelled', { url: '/fib/43' });
    const { status, body, headers } = await staying.answer;
    expect([status, body]).toEqual([200, { result: 433_494_437 }]);
    expect(headers['cache-status']).toBe('pluggable; fwd=uri-miss; collapsed');
    await expectNoFalseError(program);
    expect(program.logged('fib(n) calculated', { n: 43 })).toHaveLength(1);
  });

  it('makes room in the queue for others', async () => {
    await using program = await startProgram({ env: { ...env, COMPUTE_WORKERS: '1', COMPUTE_MAX_WAIT: '5m' } });
    const clients = [48, 47, 46, 45].map((n) => ask(program.url, `/fib/${n}`));
    await eventually('four calculations', () => program.logged('cache miss; calculating the fib(n)').length === 4);
    const next = ask(program.url, '/fib/20');
    for (const client of clients) {
      client.leave();
      await expect(client.answer).rejects.toThrow('socket hang up');
    }

    const { body, durationMs } = await next.answer;
    expect(body).toEqual({ result: 6_765 });
    // The queued ones would have taken many seconds.
    expect(durationMs).toBeLessThan(3_000);
    await expectNoFalseError(program);
  });
});

describe('a hundred clients', () => {
  it('that ask for one cold n cost one computation', async () => {
    await using program = await startProgram({ env });
    const answers = await Promise.all(Array.from({ length: 100 }, () => get(program.url, '/fib/41')));

    expect(answers.map(({ status, body }) => [status, body])).toEqual(
      answers.map(() => [200, { result: 165_580_141 }]),
    );
    await program.caughtUp();
    expect(program.logged('fib(n) calculated', { n: 41 })).toHaveLength(1);
  });

  it('that all leave cancel the one computation', async () => {
    await using program = await startProgram({ env });
    const clients = Array.from({ length: 100 }, () => ask(program.url, '/fib/48'));
    const settled = Promise.allSettled(clients.map((client) => client.answer));
    await eventually(
      'a hundred look-ups',
      () => program.logged('[plugin/cache-memory] key not found', { key: '48' }).length === 100,
    );
    for (const client of clients) client.leave();
    await settled;

    await eventually('a hundred cancellations', () => program.logged('request cancelled').length === 100);
    await delay(100);
    expect(await cpuShare(program.pid, 1_000)).toBeLessThan(0.2);
    await expectNoFalseError(program);
  });
});
