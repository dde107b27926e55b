// The process of a plugin when Nest rejects after the plugin has opened: no lifecycle hook is called.
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { expect, it } from 'vitest';
import { isRunning } from './support/children.js';
import { eventually } from './support/eventually.js';
import { MEMORY_PLUGIN, ROOT } from './support/program.js';

type Application = ChildProcessByStdio<Writable, Readable, null>;

/** Runs the application until it has ended, also when the test fails. */
async function withApplication(
  whatFollows: 'continues' | 'ends',
  test: (application: Application, lines: () => string[]) => Promise<void>,
): Promise<void> {
  const script = `${ROOT}test/fixtures/nest-rejects.mjs`;
  const application = spawn(process.execPath, [script, MEMORY_PLUGIN, whatFollows], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(application, 'close');
  let output = '';
  application.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  try {
    await test(application, () => output.split('\n'));
  } finally {
    application.kill('SIGKILL');
    await ended;
  }
}

it('ends when the application aborts its signal, while the application continues', async () => {
  await withApplication('continues', async (application, lines) => {
    await eventually('the failed start', () => lines().includes('another part did not start'));
    const [state, plugin] = lines();
    expect(state).toBe('live');
    expect(isRunning(Number(plugin))).toBe(true);
    application.stdin.write('abort');
    await eventually('the end of the plugin', () => !isRunning(Number(plugin)));
    expect(application.exitCode).toBeNull();
  });
});

it('ends with the application, which it does not keep alive', async () => {
  await withApplication('ends', async (application, lines) => {
    await eventually('its end', () => application.exitCode !== null);
    const [state, plugin, error] = lines();
    expect([state, error]).toEqual(['live', 'another part did not start']);
    await eventually('the end of the plugin', () => !isRunning(Number(plugin)));
  });
});
