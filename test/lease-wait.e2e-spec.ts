// The longest wait for another process, and the wait for a worker after it.
import { expect, it } from 'vitest';
import { seriesOf, scrape } from './support/metrics.js';
import { fixture, startProgram } from './support/program.js';
import { ask, get } from './support/request.js';

const WAITING = 'another process calculates the fib(n); waiting';
const MAX_WAIT_MS = 3_000;
const env = {
  CACHE_PLUGIN_PATH: fixture('leases-of-another.mjs'),
  LEASE_MIN_COST: '0s',
  COMPUTE_WORKERS: '1',
  COMPUTE_MAX_WAIT: `${MAX_WAIT_MS}ms`,
  // The computation of n = 50 would take longer. It ends 2 s after the longest wait.
  COMPUTE_TIMEOUT: '5s',
};

it('a request that has waited as long as it may is refused if no worker is free, and computed otherwise', async () => {
  await using program = await startProgram({ env });
  const waiting = ask(program.url, '/fib/30').answer;
  await program.line(WAITING);
  const holding = ask(program.url, '/fib/50').answer;
  const refused = await waiting;

  expect(refused.status).toBe(503);
  expect(Number(refused.headers['retry-after'])).toBeGreaterThanOrEqual(1);
  expect(refused.durationMs).toBeGreaterThanOrEqual(MAX_WAIT_MS);
  expect((await holding).status).toBe(504);

  const computed = await get(program.url, '/fib/30');
  expect([computed.status, computed.body]).toEqual([200, { result: 832_040 }]);
  expect(computed.durationMs).toBeGreaterThanOrEqual(MAX_WAIT_MS);
  expect(computed.headers['cache-status']).toBe('pluggable; fwd=uri-miss');
  const failOpens = seriesOf(await scrape(program.url), 'pluggable_lease_fail_opens_total');
  expect(failOpens).toEqual({ '{reason="too-long"}': 2 });
});
