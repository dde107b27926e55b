// Schemathesis, which makes requests from the description, finds no answer that differs from it: https://schemathesis.readthedocs.io
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { TOKEN } from './support/admin.js';
import { documentOf, operationsOf } from './support/openapi.js';
import { fixture, MEMORY_PLUGIN, ROOT, startProgram } from './support/program.js';

/** `npm run test:soak` installs it. */
const SCHEMATHESIS = `${ROOT}node_modules/.cache/python/schemathesis/bin/schemathesis`;
/** Requests of each kind for each operation. */
const EXAMPLES = 20;

interface Failed {
  readonly code: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

/** What it printed, and its exit code. The output has the seed of the run. */
async function schemathesis(cwd: string, args: readonly string[]): Promise<{ code: unknown; output: string }> {
  try {
    const { stdout } = await promisify(execFile)(SCHEMATHESIS, args, { cwd });
    return { code: 0, output: stdout };
  } catch (error) {
    const { code, stdout, stderr } = error as Failed;
    return { code, output: `${stdout}${stderr}` };
  }
}

it('the answers to hundreds of right and wrong requests agree with the description', async () => {
  await using program = await startProgram({
    env: { CACHE_PLUGIN_PATH: MEMORY_PLUGIN, ADMIN_TOKEN: TOKEN, FIB_MAX_N: '10' },
  });
  // A stream does not end.
  const tested = operationsOf(await documentOf(program)).filter((name) => name !== 'GET /events');
  const folder = await mkdtemp(join(tmpdir(), 'pluggable-schemathesis-'));
  try {
    const { code, output } = await schemathesis(folder, [
      `--config-file=${fixture('../schemathesis.toml')}`,
      'run',
      `${program.url}/openapi.json`,
      `--header=Authorization: Bearer ${TOKEN}`,
      `--max-examples=${EXAMPLES}`,
      '--warnings=off',
    ]);
    expect([code, output]).toEqual([0, expect.stringContaining('No issues found')]);
    expect(output).toContain(`Tested: ${tested.length}\n`);
    expect(Number(/(\d+) generated/.exec(output)?.[1])).toBeGreaterThan(200);
  } finally {
    await rm(folder, { recursive: true });
  }
});
