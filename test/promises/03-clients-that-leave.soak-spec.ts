// Ten thousand clients that leave in ten ways: every count, inside and outside, returns to its previous value.
import { expect, it } from 'vitest';
import { grown, INSPECTED, inspect } from '../support/inspector.js';
import { leaveTogether, WAYS } from '../support/leaving.js';
import { startProgram } from '../support/program.js';
import { figure, promise } from '../support/promises.js';
import { workOf } from '../support/work.js';

const ABORTS_PER_WAY = 1_000;
const TOGETHER = 50;

promise(3, () => {
  it('ten thousand clients that leave in ten ways do not change any count', async ({ task }) => {
    await using program = await startProgram({
      nodeArgs: INSPECTED,
      env: { COMPUTE_WORKERS: '2', COMPUTE_MAX_WAIT: '10m', COMPUTE_TIMEOUT: '10m' },
    });
    await using inspector = await inspect(program);
    const idle = await workOf(program);
    // For objects that are created once, at the first use.
    for (const way of WAYS) await leaveTogether(program, { way, clients: TOGETHER }, idle);
    const before = { live: await inspector.liveObjects(), listeners: await inspector.listeners() };

    const startedMs = performance.now();
    for (const way of WAYS) {
      for (let left = 0; left < ABORTS_PER_WAY; left += TOGETHER)
        await leaveTogether(program, { way, clients: TOGETHER }, idle);
    }
    const tookS = (performance.now() - startedMs) / 1_000;

    expect(await inspector.listeners()).toEqual(before.listeners);
    expect(grown(before.live, await inspector.liveObjects())).toEqual({});
    await program.caughtUp();
    expect(program.lines.filter(({ level, status }) => level >= 40 || Number(status) >= 500)).toEqual([]);
    figure(
      task,
      `${WAYS.length * ABORTS_PER_WAY} aborts in ${Math.round(tookS)} s, 0 more objects, listeners, requests, connections, flights`,
    );
  });
});
