// A worker in a system call or in native code cannot be terminated: it is abandoned without a wait.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, expect, it } from 'vitest';
import { swap, TOKEN } from '../support/admin.js';
import { openCache, pluginFile } from '../support/built-host.js';
import { eventually } from '../support/eventually.js';
import { fixture, MEMORY_PLUGIN, type Program, ROOT, startProgram } from '../support/program.js';
import { promise } from '../support/promises.js';
import { recordingLogger } from '../support/recording-logger.js';
import { get } from '../support/request.js';

const folder = mkdtempSync(join(tmpdir(), 'blocked-'));
const fifo = join(folder, 'fifo');
spawnSync('mkfifo', [fifo]);
afterAll(() => rmSync(folder, { recursive: true }));

/** The grace time, the time for the close of a plugin, and an allowance for a slow machine. */
const END_MS = 1_000 + 5_000 + 5_000;
/** Allowance for a busy machine. The call into the blocked worker has a longer deadline. */
const AT_ONCE_MS = 5_000;
/** A second signal within this time counts as the same key press. */
const SAME_SIGNAL_MS = 600;

/** A program whose plugin blocks in a named pipe at its first call. */
const blocking = (): Promise<Program> =>
  startProgram({
    cwd: folder,
    env: {
      ADMIN_TOKEN: TOKEN,
      CACHE_PLUGIN_DIR: ROOT,
      CACHE_PLUGIN_ISOLATION: 'worker',
      CACHE_PLUGIN_PATH: fixture('faults/blocks-in-fifo.mjs'),
      SHUTDOWN_GRACE: '1s',
    },
  });

promise(18, () => {
  it('continues without a worker that does not end, and ignores it when it returns', async () => {
    const { logger, lines } = recordingLogger();
    const path = pluginFile(`
      import { readFileSync } from 'node:fs';
      export const manifest = { kind: 'cache', contract: 1, name: 'guest', version: '1', permissions: ['fs.read:${fifo}'] };
      export const Factory = (log) => ({
        async get(key) {
          if (key === 'block') readFileSync('${fifo}');
          log.info('answers ' + key);
          return {};
        },
        async set() {},
      });`);
    const plugin = await openCache(path, { isolation: 'worker', logger, callTimeoutMs: 20_000 });
    await expect(plugin.proxy.get('block')).rejects.toHaveProperty('code', 'PLUGIN_BLOCKED');
    expect(plugin.status()).toMatchObject({ state: 'restarting', error: { code: 'PLUGIN_BLOCKED' } });
    await eventually('the plugin', () => plugin.status().state === 'live');
    await expect(plugin.proxy.get('key')).resolves.toEqual({});

    const reader = await open(fifo, 'w');
    await reader.close();
    await plugin.proxy.get('another');
    await plugin.close();
    expect(lines).toEqual([
      ['error', '[plugin/guest] ended; will be restarted', expect.objectContaining({ code: 'PLUGIN_BLOCKED' })],
      ['error', '[plugin/guest] could not be killed; given up', { isolation: 'worker' }],
      ['info', '[plugin/guest] live again', { restarts: 1 }],
      ['info', '[plugin/guest] answers key', undefined],
      ['info', '[plugin/guest] answers another', undefined],
    ]);
  });

  it('swaps a blocked worker, and exits with 0 on SIGTERM', async () => {
    await using program = await blocking();
    expect((await get(program.url, '/fib/20')).body).toEqual({ result: 6_765 });
    const { status } = await swap(program, { path: MEMORY_PLUGIN });
    program.signal('SIGTERM');
    const startedMs = performance.now();
    const { code, stderr } = await program.ended();

    expect(status).toBe(200);
    expect([code, stderr]).toEqual([0, '']);
    expect(performance.now() - startedMs).toBeLessThan(END_MS);
    expect(program.logged('[plugin/case] could not be killed; given up')).toHaveLength(1);
  });

  it('exits at once on a second SIGTERM, while a worker is blocked', async () => {
    await using program = await blocking();
    await get(program.url, '/fib/20');
    program.signal('SIGTERM');
    await program.line('shutting down');
    await delay(SAME_SIGNAL_MS);
    program.signal('SIGTERM');
    const startedMs = performance.now();
    const { code, stderr } = await program.ended();

    expect([code, stderr]).toEqual([1, '']);
    expect(performance.now() - startedMs).toBeLessThan(AT_ONCE_MS);
  });
});
