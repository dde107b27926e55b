// An isolated plugin that blocks its thread: it is ended and replaced, without an effect on the host.
import { describe, expect, it } from 'vitest';
import { cacheHealth } from './support/cache-health.js';
import { eventually } from './support/eventually.js';
import { fixture, type Program, startProgram } from './support/program.js';
import { get } from './support/request.js';

const run = (plugin: string, isolation: string): Promise<Program> =>
  startProgram({ env: { CACHE_PLUGIN_PATH: fixture(`faults/${plugin}`), CACHE_PLUGIN_ISOLATION: isolation } });

const isHit = async (program: Program, n: number): Promise<boolean> =>
  (await get(program.url, `/fib/${n}`)).headers['cache-status'] === 'pluggable; hit';

describe('a worker that computes for ever', () => {
  it('does not block the host: calls fail at their deadline, and the host answers at once', async () => {
    await using program = await run('get-blocks-for-ever.mjs', 'worker');
    const struck = get(program.url, '/fib/13');
    const live = Array.from({ length: 20 }, () => get(program.url, '/health/live'));
    const livesMs = (await Promise.all(live)).map(({ durationMs }) => durationMs);
    const { body, durationMs } = await struck;
    await program.caughtUp();

    expect(body).toEqual({ result: 233 });
    expect(durationMs).toBeGreaterThanOrEqual(90);
    expect(durationMs).toBeLessThan(1_000);
    expect(Math.max(...livesMs)).toBeLessThan(500);
    expect(program.logged('cache look-ups fail and count as misses', { code: 'PLUGIN_CALL_TIMEOUT' })).toHaveLength(1);
  });

  it('is replaced, and hits return', async () => {
    await using program = await run('get-blocks-for-ever.mjs', 'worker');
    await eventually('a hit', () => isHit(program, 20));
    await get(program.url, '/fib/13');
    await program.line('[plugin/get-blocks-for-ever] ended; will be restarted', { code: 'PLUGIN_BLOCKED' });
    await program.line('[plugin/get-blocks-for-ever] live again', { restarts: 1 });
    const first = await get(program.url, '/fib/20');
    await eventually('a hit', () => isHit(program, 20));

    expect(first.headers['cache-status']).not.toBe('pluggable; hit');
    expect(await cacheHealth(program)).toMatchObject({ state: 'live', restarts: 1 });
  });
});
