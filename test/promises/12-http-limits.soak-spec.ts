// Ten thousand idle connections.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { percentile } from '../support/percentile.js';
import { MEMORY_PLUGIN, type Program, ROOT, startProgram } from '../support/program.js';
import { figure, promise } from '../support/promises.js';
import { get } from '../support/request.js';
import { workOf } from '../support/work.js';

/** Half of them have never sent a byte, half have had an answer and keep their connection. */
const SOCKETS = 10_000;
const PROBES = 200;

/** In a separate process, so that neither side runs out of descriptors: Node raises its limit as far as possible. */
async function idleSockets(program: Program): Promise<AsyncDisposable> {
  const child = spawn(process.execPath, [`${ROOT}test/support/idle-sockets.ts`, program.url, String(SOCKETS)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit').then(() => {
    throw new Error(`${SOCKETS} sockets cannot be opened: ulimit -Hn must allow somewhat more`);
  });
  await Promise.race([once(createInterface(child.stdout), 'line'), ended]);
  return {
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await ended.catch(() => {});
    },
  };
}

async function connectionsOf(program: Program): Promise<number> {
  return (await workOf(program)).http.connections;
}

promise(12, () => {
  it(`answers beside ${SOCKETS.toLocaleString('en')} idle sockets, and closes them in time`, async ({ task }) => {
    const env = { CACHE_PLUGIN_PATH: MEMORY_PLUGIN, LOG_LEVEL: 'info', HTTP_HEADERS_TIMEOUT: '20s' };
    await using program = await startProgram({
      env: { ...env, HTTP_REQUEST_TIMEOUT: '20s', HTTP_KEEP_ALIVE_TIMEOUT: '20s' },
    });
    await using stack = new AsyncDisposableStack();
    stack.use(await idleSockets(program));
    expect(await connectionsOf(program)).toBeGreaterThan(SOCKETS);

    const timesMs: number[] = [];
    for (let i = 0; i < PROBES; i++) {
      const live = await get(program.url, '/health/live');
      const hit = await get(program.url, '/fib/10');
      expect([live.status, hit.status]).toEqual([200, 200]);
      timesMs.push(live.durationMs);
    }
    expect(await connectionsOf(program)).toBeGreaterThan(SOCKETS);
    await eventually('the end of all idle sockets', async () => (await connectionsOf(program)) < 10);
    expect(program.lines.filter(({ level }) => level >= 40)).toEqual([]);

    const p99Ms = percentile(timesMs, 99);
    expect(p99Ms).toBeLessThan(500);
    figure(task, `liveness p99 ${p99Ms.toFixed(1)} ms beside ${SOCKETS} idle sockets`);
  });
});
