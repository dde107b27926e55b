// A plugin whose ping never succeeds: after an outage, its calls are tried again anyway.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { cacheHealth } from '../support/cache-health.js';
import { eventually } from '../support/eventually.js';
import { fixture, startProgram } from '../support/program.js';
import { figure, promise } from '../support/promises.js';
import { get } from '../support/request.js';

promise(22, () => {
  it('a forbidden ping: the breaker closes after the outage, and no request fails', async ({ task }) => {
    const folder = await mkdtemp(join(tmpdir(), 'pluggable-'));
    const outage = join(folder, 'outage');
    await using program = await startProgram({
      env: { CACHE_PLUGIN_PATH: fixture('faults/ping-forbidden.mjs'), OUTAGE_FILE: outage },
    });
    const statuses = new Set<number>();
    const ask = async (n: number): Promise<void> => {
      statuses.add((await get(program.url, `/fib/${n}`)).status);
    };
    await writeFile(outage, '');
    await eventually('open breakers', async () => {
      await ask(10);
      return (await cacheHealth(program)).openBreakers.length === 2;
    });
    await rm(outage);
    const startMs = performance.now();
    await eventually('a hit', async () => {
      await ask(10);
      return (await cacheHealth(program)).lookups.hit > 0;
    });
    figure(task, `a hit ${Math.round(performance.now() - startMs)} ms after the end of the outage`);
    expect((await cacheHealth(program)).openBreakers).toEqual([]);
    expect([...statuses]).toEqual([200]);
    await rm(folder, { recursive: true });
  });
});
