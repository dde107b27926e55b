// Liveness and readiness.
import { describe, expect, it } from 'vitest';
import { fixture, MEMORY_PLUGIN, startProgram } from './support/program.js';
import { ask, get } from './support/request.js';
import { computing, expectWork } from './support/work.js';

describe('health', () => {
  it('is ok with a live plugin, and names it', async () => {
    await using program = await startProgram({ env: { CACHE_PLUGIN_PATH: MEMORY_PLUGIN } });
    const ready = await get(program.url, '/health/ready');

    expect((await get(program.url, '/health/live')).body).toEqual({ status: 'ok' });
    expect(ready.status).toBe(200);
    expect(ready.body).toMatchObject({
      status: 'ok',
      details: {
        cache: {
          status: 'up',
          state: 'live',
          name: 'cache-memory',
          isolation: 'inline',
          openBreakers: [],
          lookups: { error: 0 },
        },
      },
    });
  });

  it('is ok without a plugin, and reports skipped look-ups and writes', async () => {
    await using program = await startProgram();
    await get(program.url, '/fib/10');
    const { status, body } = await get(program.url, '/health/ready');

    const cache = {
      state: 'none',
      lookups: { 'not-found': 0, skipped: 1 },
      writes: { stored: 0, skipped: 1 },
    };
    expect([status, body]).toMatchObject([200, { status: 'ok', details: { cache } }]);
  });

  it('reports running and queued computations', async () => {
    await using program = await startProgram({ env: { COMPUTE_WORKERS: '1', COMPUTE_MAX_WAIT: '5m' } });
    const compute = { status: 'up', workers: 1, busy: 0, queued: 0, flights: 0 };
    expect((await get(program.url, '/health/ready')).body).toMatchObject({ status: 'ok', details: { compute } });

    const clients = [50, 49, 50].map((n) => ask(program.url, `/fib/${n}`));
    const settled = Promise.allSettled(clients.map(({ answer }) => answer));
    await expectWork(program, computing({ busy: 1, queued: 1, flights: 2 }));
    for (const client of clients) client.leave();
    await settled;
    await expectWork(program, computing({ busy: 0, queued: 0, flights: 0 }));
  });

  it('is degraded with 200 while the ping of the plugin fails, and never reveals its path', async () => {
    const path = fixture('ping-fails.mjs');
    await using program = await startProgram({ env: { CACHE_PLUGIN_PATH: path } });
    const { status, body } = await get(program.url, '/health/ready');

    expect([status, body]).toMatchObject([
      200,
      {
        status: 'degraded',
        details: { cache: { status: 'degraded', state: 'degraded', error: 'PLUGIN_CALL_FAILED' } },
      },
    ]);
    expect(JSON.stringify(body)).not.toContain(path);
    expect((await get(program.url, '/health/live')).status).toBe(200);
    expect((await get(program.url, '/fib/10')).status).toBe(200);
  });
});
