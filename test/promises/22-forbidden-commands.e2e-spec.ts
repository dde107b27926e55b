// Promise 22 with a Redis that refuses most commands: a refusal is not an outage, and does not keep a breaker open.
import { expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { failuresAmong, firstHitMs, startLoad } from '../support/load.js';
import { REDIS_PLUGIN, startProgram } from '../support/program.js';
import { figure, promise } from '../support/promises.js';
import { startRedis } from '../support/redis.js';

const BACK_WITHIN_MS = 6_000;

const renamed = ['INFO', 'CLIENT', 'COMMAND', 'HELLO', 'SELECT', 'QUIT', 'PING'].flatMap((name) => [
  '--rename-command',
  name,
  '',
]);
const reader = ['--user', 'ada', 'on', '>battery', '~*', '+get', '+set'];

promise(22, () => {
  it.for<[string, string[], (addr: string) => string]>([
    ['allows only +get +set to its user', reader, (addr: string) => `redis://ada:battery@${addr}`],
    ['has neither PING nor INFO', renamed, (addr: string) => `redis://${addr}`],
  ])('a Redis that %s is restarted under load: no request fails, and hits return', async ([, args, url], { task }) => {
    await using redis = await startRedis({ args });
    await using program = await startProgram({
      env: { CACHE_PLUGIN_PATH: REDIS_PLUGIN, REDIS_URL: url(redis.addr), LOG_LEVEL: 'info' },
    });
    await using load = startLoad(program.url);
    await firstHitMs(load, performance.now());
    await redis.kill();
    await program.line('[plugin/cache-redis] circuit breaker open; calls are refused', { method: 'get' });
    await redis.start();
    const hitMs = await firstHitMs(load, performance.now());
    await eventually('writes', async () => Number(await redis.cli('DBSIZE')) > 0);
    const answers = await load.stop();

    figure(task, `${answers.length} answers, all 200; hits ${hitMs.toFixed(0)} ms after its start`);
    expect(failuresAmong(answers)).toEqual([]);
    expect(hitMs).toBeLessThan(BACK_WITHIN_MS);
    expect((await program.stop()).stderr).toBe('');
  });
});
