// Where a test runner replaces the module loader of Node.js. The soak runs the same in Jest itself.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { pluginFile } from '../../../../test/support/built-host.js';

const HOST = fileURLToPath(new URL('../../../../test/fixtures/hosts/without-hooks.mjs', import.meta.url));

it('loads unpinned inline plugins with one warning, and isolated plugins as always', async () => {
  const path = pluginFile(
    `export const Factory = () => ({ async get() { return { status: 'not-found' }; }, set() {} });`,
  );
  const { stdout } = await promisify(execFile)(process.execPath, [HOST, path]);

  expect(JSON.parse(stdout)).toMatchObject({
    inline: 'not-found',
    again: 'not-found',
    pinned: 'PLUGIN_RUNTIME_UNSUPPORTED',
    worker: 'not-found',
    process: 'not-found',
    changed: 'PLUGIN_RUNTIME_UNSUPPORTED',
  });
  const { warnings } = JSON.parse(stdout) as { warnings: string[] };
  expect(warnings.filter((line) => line.includes('module loader'))).toHaveLength(1);
});
