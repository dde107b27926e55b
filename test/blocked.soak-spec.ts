// An isolated plugin that exhausts its memory: it is ended and replaced, without an effect on the host.
import { describe, expect, it } from 'vitest';
import { childrenOf, isRunning } from './support/children.js';
import { eventually } from './support/eventually.js';
import { fixture, type Program, startProgram } from './support/program.js';
import { get } from './support/request.js';

const run = (plugin: string, isolation: string): Promise<Program> =>
  startProgram({ env: { CACHE_PLUGIN_PATH: fixture(`faults/${plugin}`), CACHE_PLUGIN_ISOLATION: isolation } });

const isHit = async (program: Program, n: number): Promise<boolean> =>
  (await get(program.url, `/fib/${n}`)).headers['cache-status'] === 'pluggable; hit';

describe('a process that allocates without end', () => {
  it('ends without the host, is replaced, and hits return', { timeout: 120_000 }, async () => {
    await using program = await run('get-allocates-without-end.mjs', 'process');
    const plugins = childrenOf(program.pid);
    await get(program.url, '/fib/13');
    while (plugins.some(isRunning)) {
      expect((await get(program.url, '/fib/20')).body).toEqual({ result: 6_765 });
    }
    await program.line('[plugin/get-allocates-without-end] live again', { restarts: 1 });
    await eventually('a hit', () => isHit(program, 20));

    expect(plugins).toHaveLength(1);
    expect(childrenOf(program.pid)).toHaveLength(1);
    expect(childrenOf(program.pid)).not.toEqual(plugins);
    expect(program.logged('[plugin/get-allocates-without-end] ended; will be restarted')).toMatchObject([
      { code: 'PLUGIN_ENDED' },
    ]);
  });
});
