// The start of guests under bad conditions, and the end of their child processes.
import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { OpenPlugin } from '@pluggable/host';
import { describe, expect, it } from 'vitest';
import { type Cache, fixture, folder, openCache, pluginFile } from '../../../../test/support/built-host.js';
import { isRunning } from '../../../../test/support/children.js';
import { eventually } from '../../../../test/support/eventually.js';
import { recordingLogger } from '../../../../test/support/recording-logger.js';

const ISOLATIONS = ['worker', 'process'] as const;
const host = (name: string): string =>
  fileURLToPath(new URL(`../../../../test/fixtures/hosts/${name}`, import.meta.url));

/** Runs a host of test/fixtures/hosts. @returns its final report */
async function run(command: string, args: readonly string[]): Promise<unknown> {
  const { stdout, stderr } = await promisify(execFile)(command, args, { timeout: 60_000 });
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

describe('a host without open files', () => {
  it.each(ISOLATIONS)(
    'restarts a %s when files are available, reports EMFILE until then, and leaks none',
    async (isolation) => {
      const path = pluginFile(`
      export const Factory = () => ({
        async get(key) { if (key === 'exit') process.exit(3); return {}; }, async set() {} });`);
      const limited = [
        '-c',
        'ulimit -n 60; exec "$@"',
        'sh',
        process.execPath,
        host('without-files.mjs'),
        path,
        isolation,
      ];
      const { lines, before, left } = (await run('sh', limited)) as {
        readonly lines: readonly { message: string; error: string; code: string; delayMs: number }[];
        readonly before: number;
        readonly left: number;
      };

      const failures = lines.filter(({ message }) => message.includes('will be restarted')).slice(1, 4);
      expect(failures).toHaveLength(3);
      for (const { code, error } of failures) {
        expect(code).toBe('PLUGIN_SPAWN_FAILED');
        expect(error).toMatch(/EMFILE.*raise the limit of open files/);
      }
      expect(failures.at(-1)?.delayMs).toBeGreaterThan(500);
      expect(lines.at(-1)?.message).toMatch(/live again$/);
      expect(left).toBeLessThanOrEqual(before);
    },
    60_000,
  );
});

describe('a host whose working directory is deleted', () => {
  it.each(['inline', ...ISOLATIONS])(
    'restarts and swaps a plugin: %s',
    async (isolation) => {
      const directory = join(folder, `deleted-${isolation}`);
      mkdirSync(directory);
      const path = pluginFile(`
        import { readFileSync } from 'node:fs';
        export const manifest = { kind: 'cache', contract: 1, name: 'reader', version: '1', permissions: ['fs.read:data'] };
        export const Factory = () => ({
          async get(key) {
            if (key === 'exit') process.exit(3);
            return { data: readFileSync('${join(directory, 'data')}', 'utf8') };
          },
          async set() {},
        });`);

      const said = await run(process.execPath, [host('in-deleted-folder.mjs'), directory, path, isolation]);
      expect(said).toEqual({ restarts: 1, swapped: 'live', again: 'live', data: { data: 'new' } });
    },
    60_000,
  );
});

/** A plugin that has started a child process. */
async function openParent(): Promise<{ readonly plugin: OpenPlugin<Cache>; readonly child: number }> {
  const { logger, lines } = recordingLogger();
  const plugin = await openCache(fixture('faults/starts-a-child.mjs'), {
    isolation: 'process',
    logger,
    callTimeoutMs: 5_000,
  });
  const child = Number(lines.find(([, text]) => text.endsWith(' child'))?.[2]?.['child']);
  return { plugin, child };
}

describe('a child process of a plugin in a process', () => {
  it('ends with a closed plugin', async () => {
    const { plugin, child } = await openParent();
    expect(isRunning(child)).toBe(true);
    await plugin.close();
    await eventually('the end of the child', () => !isRunning(child));
  });

  it('ends with a plugin that exits', async () => {
    const { plugin, child } = await openParent();
    expect(isRunning(child)).toBe(true);
    await plugin.proxy.get('exit').catch(() => undefined);
    await eventually('the end of the child', () => !isRunning(child));
    await plugin.close();
  });
});
