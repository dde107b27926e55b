// A hundred swaps under load: no request fails, and a plugin whose module can be unloaded leaves no memory behind.
import { ISOLATIONS } from '@pluggable/host';
import pidusage from 'pidusage';
import { describe, expect, it } from 'vitest';
import { pluginStatus, swap, TOKEN } from './support/admin.js';
import { BusyClients } from './support/busy-clients.js';
import { eventually } from './support/eventually.js';
import { MEMORY_PLUGIN, REDIS_PLUGIN, startProgram } from './support/program.js';
import { startRedis } from './support/redis.js';

const SWAPS = 100;
/** Number of answers until the program has allocated all memory for the load. */
const WARM_UP = 15_000;
/** Largest additional growth of memory in the second half of the swaps, in bytes. */
const GROWTH = 10 * 2 ** 20;
const COLLECTION_MS = 200;
/** Makes a program collect garbage repeatedly. A data: URL, because the thread of a plugin inherits it and may read no file. */
const COLLECTS_OFTEN = `--import=data:text/javascript,${encodeURIComponent(`
  import { setFlagsFromString } from 'node:v8';
  import { runInNewContext } from 'node:vm';
  import { isMainThread } from 'node:worker_threads';
  setFlagsFromString('--expose-gc');
  if (isMainThread) setInterval(runInNewContext('gc'), ${COLLECTION_MS}).unref();
`)}`;

describe.each(ISOLATIONS)(`${SWAPS} swaps between memory and Redis under load, %s`, (isolation) => {
  it(
    'fail no request, change no result, and retain no memory if modules can be unloaded',
    { timeout: 280_000 },
    async () => {
      await using redis = await startRedis();
      await using program = await startProgram({
        env: {
          ADMIN_TOKEN: TOKEN,
          CACHE_PLUGIN_PATH: MEMORY_PLUGIN,
          CACHE_PLUGIN_ISOLATION: isolation,
          CACHE_TIMEOUT: '2s',
          REDIS_ADDR: redis.addr,
          NODE_OPTIONS: COLLECTS_OFTEN,
          // glibc gives each thread a heap, and does not return it in the order in which threads end.
          MALLOC_ARENA_MAX: '1',
        },
      });
      const clients = new BusyClients(program);
      await eventually('the warm-up', () => clients.answered > WARM_UP);
      const resident: number[] = [];
      for (let count = 1; count <= SWAPS; count++) {
        const { status, body } = await swap(program, { path: count % 2 === 1 ? REDIS_PLUGIN : MEMORY_PLUGIN });
        expect({ status, body }).toMatchObject({
          status: 200,
          body: { swaps: count, plugin: { isolation } },
        });
        resident.push((await pidusage(program.pid)).memory);
      }
      await clients.stop();

      expect(clients.wrong).toEqual([]);
      const highest = (from: number, to: number): number => Math.max(...resident.slice(from, to));
      const growth = highest(SWAPS / 2, SWAPS) - highest(0, SWAPS / 2);
      expect(growth).toBeLessThan(isolation === 'inline' ? Number.POSITIVE_INFINITY : GROWTH);
      expect((await pluginStatus(program)).body).toMatchObject({ state: 'live', swaps: SWAPS, reimports: 0 });
      expect((await program.stop()).code).toBe(0);
    },
  );
});
