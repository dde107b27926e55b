// A plugin in a separate process ends with its host, also when the host is killed.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { childrenOf, isRunning } from './support/children.js';
import { eventually } from './support/eventually.js';
import { fixture, MEMORY_PLUGIN, ROOT, startProgram } from './support/program.js';
import { get } from './support/request.js';

const inProcess = (path: string): Record<string, string> => ({
  CACHE_PLUGIN_PATH: path,
  CACHE_PLUGIN_ISOLATION: 'process',
});

/** Kills a host with its only plugin process. @returns how long the process outlived the host, in milliseconds */
async function outlivedMs(host: number, plugins: readonly number[]): Promise<number> {
  expect(plugins).toHaveLength(1);
  expect(plugins.every(isRunning)).toBe(true);
  process.kill(host, 'SIGKILL');
  const killedMs = performance.now();
  await eventually('the end of the plugin', () => !plugins.some(isRunning));
  return performance.now() - killedMs;
}

describe('a killed host leaves no plugin behind', () => {
  it('that is idle', async () => {
    await using program = await startProgram({ env: inProcess(MEMORY_PLUGIN) });

    expect(await outlivedMs(program.pid, childrenOf(program.pid))).toBeLessThan(2_000);
  });

  it('that computes for ever', async () => {
    await using program = await startProgram({ env: inProcess(fixture('faults/get-blocks-for-ever.mjs')) });
    const plugins = childrenOf(program.pid);
    await get(program.url, '/fib/20');
    await get(program.url, '/fib/13');
    await program.line('cache look-ups fail and count as misses', { code: 'PLUGIN_CALL_TIMEOUT' });

    expect(await outlivedMs(program.pid, plugins)).toBeLessThan(2_000);
  });

  it('that has started a child process', async () => {
    await using program = await startProgram({ env: inProcess(fixture('faults/starts-a-child.mjs')) });
    const { child } = await program.line('[plugin/starts-a-child] child');
    const plugins = childrenOf(program.pid);

    expect(isRunning(Number(child))).toBe(true);
    expect(await outlivedMs(program.pid, plugins)).toBeLessThan(2_000);
    await eventually('the end of the child', () => !isRunning(Number(child)));
  });

  it('whose factory hangs', async () => {
    const env = {
      ...inProcess(fixture('faults/factory-hangs-aloud.mjs')),
      PORT: '0',
      CACHE_PLUGIN_START_TIMEOUT: '60s',
    };
    const host = spawn(process.execPath, [`${ROOT}dist/main.js`], {
      cwd: tmpdir(),
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      await once(host, 'spawn');
      const { pid = Number.NaN } = host;
      for await (const line of createInterface(host.stdout)) {
        if (line.includes('[plugin/factory-hangs-aloud] factory hangs')) break;
      }

      expect(await outlivedMs(pid, childrenOf(pid))).toBeLessThan(2_000);
    } finally {
      host.kill('SIGKILL');
    }
  });
});
