// The unit tests of the packages on the oldest and the newest Node.js that they support.
import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { installNode } from './support/installed.js';
import { ROOT } from './support/program.js';

const PACKAGES = ['contract', 'host', 'nestjs', 'cache/', 'testkit'].map((name) => `libs/${name}`);

describe.each(['22.15.0', '24.9.0', '26'])('Node.js %s', (version) => {
  it('passes the unit tests of the packages', async () => {
    const node = await installNode(version);
    try {
      const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
      const PATH = [dirname(node), process.env['PATH']].join(delimiter);
      const { stdout } = await promisify(execFile)(node, [vitest, 'run', '--project', 'unit', ...PACKAGES], {
        cwd: ROOT,
        env: { PATH, HOME: process.env['HOME'], NO_COLOR: '1' },
        maxBuffer: 64 * 1024 * 1024,
      }).catch((error: { stdout: string }) => error);
      expect(stdout).toMatch(/Tests\s+\d+ passed( \| \d+ skipped)? \(/);
    } finally {
      await rm(join(dirname(node), '../../..'), { recursive: true });
    }
  });
});
