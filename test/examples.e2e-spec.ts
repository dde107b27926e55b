// The examples run as their readers would run them.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ROOT } from './support/program.js';

const run = promisify(execFile);
const greet = (...args: string[]) => run(process.execPath, ['examples/greeting/main.ts', ...args], { cwd: ROOT });

describe('the greeting, a second contract through the same host', () => {
  it('greets by a plugin', async () => {
    expect((await greet('examples/greeting/german.plugin.mjs', 'Ada')).stdout).toBe('Guten Tag, Ada.\n');
  });

  it('refuses a cache', async () => {
    const greeting = greet('dist/plugins/cache-memory.mjs', 'Ada');

    await expect(greeting).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^PLUGIN_WRONG_KIND: plugin .+\n$/),
    });
  });
});
