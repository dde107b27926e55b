// SIGTERM during the start of a plugin that hangs: the process ends, with the process of the plugin.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, type TestContext } from 'vitest';
import { swap, TOKEN } from '../support/admin.js';
import { childrenOf, isRunning } from '../support/children.js';
import { eventually } from '../support/eventually.js';
import { fixture, MEMORY_PLUGIN, type Program, startProgram } from '../support/program.js';
import { figure, promise } from '../support/promises.js';

const GRACE_MS = 4_000;
/** So long that an end by the start limit would be too late. */
const START_TIMEOUT_MS = 60_000;
/** An earlier second signal counts as the first one, sent twice. */
const SECOND_SIGNAL_MS = 700;
const HANGS = fixture('faults/factory-hangs-aloud.mjs');
const FACTORY_HANGS = '[plugin/factory-hangs-aloud] factory hangs';

const env = {
  ADMIN_TOKEN: TOKEN,
  CACHE_PLUGIN_DIR: fixture('faults'),
  CACHE_PLUGIN_START_TIMEOUT: `${START_TIMEOUT_MS}ms`,
  SHUTDOWN_GRACE: `${GRACE_MS}ms`,
};

/** Ends the program with signals. Expects the end within the grace time and 5 s, without remaining plugins. */
async function endOf(program: Program, signals: 1 | 2, task: TestContext['task']): Promise<number | null> {
  const plugins = childrenOf(program.pid);
  const startMs = performance.now();
  program.signal('SIGTERM');
  if (signals === 2) {
    await delay(SECOND_SIGNAL_MS);
    program.signal('SIGTERM');
  }
  const { code } = await program.ended();
  const ms = performance.now() - startMs;
  figure(task, `ended after ${Math.round(ms)} ms`);
  expect(ms).toBeLessThan(GRACE_MS + 5_000);
  await eventually('the end of its plugins', () => !plugins.some(isRunning));
  return code;
}

promise(18, () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pluggable-'));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  it.for(['inline', 'worker', 'process'])(
    'SIGTERM during a swap whose factory hangs: the swap is refused, exit 0 within the grace time, %s',
    async (isolation, { task }) => {
      await using program = await startProgram({ env: { ...env, CACHE_PLUGIN_PATH: MEMORY_PLUGIN } });
      const swapping = swap(program, { path: HANGS, isolation });
      await program.line(FACTORY_HANGS);
      const code = await endOf(program, 1, task);
      expect(await swapping).toMatchObject({ status: 422, body: { code: 'PLUGIN_CLOSED' } });
      expect(code).toBe(0);
    },
  );

  it('SIGTERM twice during a swap whose factory hangs: the process ends, and no process of a plugin is left', async ({
    task,
  }) => {
    await using program = await startProgram({ env: { ...env, CACHE_PLUGIN_PATH: MEMORY_PLUGIN } });
    const swapping = swap(program, { path: HANGS, isolation: 'process' }).catch(() => undefined);
    await program.line(FACTORY_HANGS);
    expect([0, 1]).toContain(await endOf(program, 2, task));
    await swapping;
  });

  it('SIGTERM during another attempt of an optional plugin that hangs: exit 0', async ({ task }) => {
    const path = join(folder, 'hangs-at-second.mjs');
    const flag = join(folder, 'started');
    await writeFile(
      path,
      `import { existsSync, writeFileSync } from 'node:fs';
      export const manifest = { kind: 'cache', contract: 1, name: 'second', version: '1' };
      export const Factory = (log) => {
        if (!existsSync(${JSON.stringify(flag)})) {
          writeFileSync(${JSON.stringify(flag)}, '');
          throw new Error('not yet');
        }
        log.info('hangs now');
        return new Promise(() => {});
      };`,
    );
    await using program = await startProgram({
      env: { ...env, CACHE_PLUGIN_PATH: path, CACHE_PLUGIN_REQUIRED: 'false' },
    });
    await program.line('[plugin/second] hangs now');
    expect(await endOf(program, 1, task)).toBe(0);
  });
});
