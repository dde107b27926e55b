// A paused process: measurements during the pause have no effect.
import { expect, it } from 'vitest';
import { startProgram } from '../support/program.js';
import { promise } from '../support/promises.js';
import { ask, get } from '../support/request.js';
import { pauseProgram } from '../support/pause.js';
import { computing, expectWork } from '../support/work.js';

const PAUSE_MS = 2_500;

promise(22, () => {
  it('a pause does not change cost estimates: a cheap n is computed on an idle worker', async () => {
    await using program = await startProgram({ env: { COMPUTE_WORKERS: '2', COMPUTE_MAX_WAIT: '1s' } });
    const during = [ask(program.url, '/fib/39'), ask(program.url, '/fib/40')];
    await program.line('cache miss; calculating the fib(n)', { n: 40 });
    await pauseProgram(program, PAUSE_MS);
    expect((await Promise.all(during.map(({ answer }) => answer))).map(({ status }) => status)).toEqual([200, 200]);

    const long = ask(program.url, '/fib/50');
    await expectWork(program, computing({ busy: 1 }));
    // With an estimate above a second, it would wait for the worker of the long computation.
    expect((await get(program.url, '/fib/40')).status).toBe(200);
    long.leave();
    await expect(long.answer).rejects.toThrow('socket hang up');
  });
});
