// Promise 1 under load, for Redis faults that are similar to one in npm test.
import { openFaultProxy } from '@pluggable/testkit';
import { afterAll, beforeAll, it } from 'vitest';
import { promise } from '../support/promises.js';
import { startRedis } from '../support/redis.js';
import { RARE_FAULTS, wrongPassword } from '../support/redis-faults.js';
import { expectSurvival, openParts, withRedis } from '../support/redis-survival.js';

promise(1, () => {
  let parts: Awaited<ReturnType<typeof openParts>>;
  beforeAll(async () => {
    parts = await openParts();
  });
  afterAll(() => parts[Symbol.asyncDispose]());

  for (const fault of RARE_FAULTS) {
    it(`a Redis ${fault.name} fails no request, and hits return`, async ({ task }) => {
      await expectSurvival(task, parts, fault);
    });
  }

  it(`a Redis ${wrongPassword.name} fails no request, and hits return`, async ({ task }) => {
    await using redis = await startRedis({ args: ['--requirepass', 'right'] });
    await using proxy = await openFaultProxy({ port: redis.port });
    await using program = await withRedis({ REDIS_ADDR: `127.0.0.1:${proxy.port}`, REDIS_PASSWORD: 'right' });

    await expectSurvival(task, { redis, proxy, program }, wrongPassword);
  });
});
