// The unit tests of the packages on the oldest, a middle and the newest Node.js that they support.
import { execFile } from 'node:child_process';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { installNode } from './support/installed.js';
import { ROOT } from './support/program.js';

const PACKAGES = ['contract', 'host', 'nestjs', 'cache/', 'testkit'].map((name) => `libs/${name}`);
const VITEST = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');

describe.each(['22.15.0', '24.9.0', '26'])('Node.js %s', (version) => {
  it('passes the unit tests of the packages', async () => {
    await using node = await installNode(version);
    const PATH = [dirname(node.program), process.env['PATH']].join(delimiter);
    const { stdout } = await promisify(execFile)(node.program, [VITEST, 'run', '--project', 'unit', ...PACKAGES], {
      cwd: ROOT,
      env: { PATH, HOME: process.env['HOME'], NO_COLOR: '1' },
      maxBuffer: 64 * 1024 * 1024,
    }).catch((error: { readonly stdout: string; readonly message: string }) => {
      throw new Error(`${error.message}\n${error.stdout}`, { cause: error });
    });
    expect(stdout).toMatch(/Tests\s+\d+ passed( \| \d+ skipped)? \(/);
  });
});
