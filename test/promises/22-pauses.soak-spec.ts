// A pause of 15 s during a computation.
import { expect, it } from 'vitest';
import { startProgram } from '../support/program.js';
import { promise } from '../support/promises.js';
import { ask, get } from '../support/request.js';
import { pauseProgram } from '../support/pause.js';
import { computing, expectWork } from '../support/work.js';

promise(22, () => {
  it('serves a cheap n at once after a pause of 15 s during fib(41), also beside a long computation', async () => {
    await using program = await startProgram({ env: { COMPUTE_WORKERS: '2', COMPUTE_TIMEOUT: '10s' } });
    const during = ask(program.url, '/fib/41');
    await program.line('cache miss; calculating the fib(n)', { n: 41 });
    await pauseProgram(program, 15_000);
    expect((await during.answer).status).toBe(200);

    const long = ask(program.url, '/fib/50');
    await expectWork(program, computing({ busy: 1 }));
    for (const n of [5, 20, 30, 35, 38, 39, 40]) expect((await get(program.url, `/fib/${n}`)).status).toBe(200);
    long.leave();
    await expect(long.answer).rejects.toThrow('socket hang up');
  });

  it('a pause counts neither as computation time nor as waiting time', async () => {
    const env = { COMPUTE_WORKERS: '1', COMPUTE_TIMEOUT: '2s', COMPUTE_MAX_WAIT: '2s' };
    await using program = await startProgram({ env });
    const running = ask(program.url, '/fib/40');
    const waiting = ask(program.url, '/fib/39');
    await program.line('cache miss; calculating the fib(n)', { n: 39 });
    await pauseProgram(program, 4_000);

    expect([(await running.answer).status, (await waiting.answer).status]).toEqual([200, 200]);
  });
});
