// The time limit of a computation: no request occupies a worker for longer, even if its client has vanished.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { cpuShare } from '../support/cpu.js';
import { startProgram } from '../support/program.js';
import { figure, promise } from '../support/promises.js';
import { ask, get } from '../support/request.js';
import { computing, expectWork, workOf } from '../support/work.js';

const TIMEOUT_MS = 1_000;
/** Free within 100 ms, times five because the machine is shared. */
const FREE_WITHIN_MS = 500;

const env = { COMPUTE_WORKERS: '1', COMPUTE_TIMEOUT: `${TIMEOUT_MS}ms` };

/** A second process that sends a request and waits for the answer. */
function askFromProcess(url: string): ChildProcess {
  return spawn(process.execPath, ['-e', `require('node:http').get(${JSON.stringify(url)})`], { stdio: 'ignore' });
}

promise(6, () => {
  it('ends a computation with 504, and the next one starts on its worker', async ({ task }) => {
    await using program = await startProgram({ env });
    const startedMs = performance.now();
    const long = ask(program.url, '/fib/50');
    await expectWork(program, computing({ busy: 1 }));
    const next = ask(program.url, '/fib/10');
    await expectWork(program, computing({ busy: 1, queued: 1 }));

    const { status, headers, body } = await long.answer;
    expect([status, headers['content-type']]).toEqual([504, 'application/problem+json; charset=utf-8']);
    expect(body).toMatchObject({ error: 'timed out', detail: `computing fib(50) took longer than ${TIMEOUT_MS} ms` });
    expect((await next.answer).body).toEqual({ result: 55 });
    const freeMs = performance.now() - startedMs - TIMEOUT_MS;
    figure(task, `the next is answered ${freeMs.toFixed(0)} ms after the limit`);
    expect(freeMs).toBeLessThan(FREE_WITHIN_MS);
    expect((await workOf(program)).compute).toEqual({ busy: 0, queued: 0, flights: 0 });
  });

  it('counts the time from the start of the work, not of the wait', async () => {
    await using program = await startProgram({ env });
    const first = get(program.url, '/fib/50');
    await expectWork(program, computing({ busy: 1 }));
    const second = await get(program.url, '/fib/49');

    expect([(await first).status, second.status]).toEqual([504, 504]);
    expect(second.durationMs).toBeGreaterThan(1.5 * TIMEOUT_MS);
  });

  it('frees the worker of a stopped client that never closes its connection', async ({ task }) => {
    await using program = await startProgram({ env });
    const client = askFromProcess(`${program.url}/fib/50`);
    try {
      await expectWork(program, computing({ busy: 1 }));
      const startedMs = performance.now();
      client.kill('SIGSTOP');

      await expectWork(program, computing({ busy: 0, flights: 0 }));
      const freeMs = performance.now() - startedMs - TIMEOUT_MS;
      figure(task, `free ${freeMs.toFixed(0)} ms after the limit, give or take a question`);
      expect(freeMs).toBeLessThan(FREE_WITHIN_MS);
      await program.line('request completed', { url: '/fib/50', status: 504 });
      expect(await cpuShare(program.pid, 1_000)).toBeLessThan(0.2);
      expect((await get(program.url, '/fib/10')).body).toEqual({ result: 55 });
    } finally {
      client.kill('SIGKILL');
      await once(client, 'exit');
    }
  });
});
