// A value of 100 MB in the real Redis, under load: the time of its look-up, and the memory of the program.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eventually } from './support/eventually.js';
import { failuresAmong, firstHitMs, startLoad } from './support/load.js';
import { type Program, REDIS_PLUGIN, startProgram } from './support/program.js';
import { startRedis } from './support/redis.js';
import { get } from './support/request.js';

const isHit = async (program: Program, n: number): Promise<boolean> =>
  (await get(program.url, `/fib/${n}`)).headers['cache-status'] === 'pluggable; hit';

/** Peak memory so far, from Linux. */
const peakBytes = ({ pid }: Program): number =>
  1024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);

describe('a value of 100 MB', () => {
  const VALUE_BYTES = 100 * 1024 * 1024;

  it('costs little memory and no answer, and is overwritten, with +get +set only', async () => {
    await using redis = await startRedis({ args: ['--user', 'ada', 'on', '>battery', '~*', '+get', '+set'] });
    const env = { CACHE_PLUGIN_PATH: REDIS_PLUGIN, REDIS_URL: `redis://ada:battery@${redis.addr}`, LOG_LEVEL: 'info' };
    // Redis itself takes 50 ms for the value, and answers no other command in that time.
    await using program = await startProgram({ env: { ...env, CACHE_TIMEOUT: '1s' } });
    await using load = startLoad(program.url);
    await eventually('an entry for each n', async () => (await redis.cli('DBSIZE')) === '21');
    await firstHitMs(load, performance.now());
    const beforeBytes = peakBytes(program);
    await redis.cli('SETRANGE', '10', String(VALUE_BYTES - 1), 'x');
    await eventually('the right value', async () => Number(await redis.cli('STRLEN', '10')) < 10);
    await eventually('a hit', () => isHit(program, 10));
    await program.caughtUp();

    expect(failuresAmong(await load.stop())).toEqual([]);
    expect(peakBytes(program) - beforeBytes).toBeLessThan(0.6 * VALUE_BYTES);
    expect(program.logged('[plugin/cache-redis] value too large; taken as not found')).toMatchObject([
      { key: '10', bytes: VALUE_BYTES, maxBytes: 1024 * 1024, level: 40 },
    ]);
  });
});
