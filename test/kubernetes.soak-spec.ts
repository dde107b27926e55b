// The example for Kubernetes: its files are valid, and the service runs with its settings, probes and plugin volume.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { durationMs } from '../src/config/duration.js';
import { settingInfos } from '../src/config/settings.js';
import { MEMORY_PLUGIN, ROOT, startProgram } from './support/program.js';
import { get } from './support/request.js';

const FOLDER = join(ROOT, 'deploy', 'kubernetes');
/** `npm run test:soak` installs it. */
const VALIDATE = join(ROOT, 'node_modules', '.cache', 'python', 'kubernetes-validate', 'bin', 'kubernetes-validate');
/** The time limit for the plugin to close, in milliseconds. */
const PLUGIN_CLOSE_MS = 5_000;

const deployment = await readFile(join(FOLDER, 'deployment.yaml'), 'utf8');
const variables = Object.fromEntries(
  [...deployment.matchAll(/- \{ name: ([A-Z_]+), value: '?([^' ]+)'? \}/g)].map(([, name = '', value = '']) => [
    name,
    value,
  ]),
);

it.each((await readdir(FOLDER)).filter((name) => name.endsWith('.yaml')))('%s is valid', async (file) => {
  await expect(promisify(execFile)(VALIDATE, ['--strict', '--quiet', join(FOLDER, file)])).resolves.toBeDefined();
});

describe('deployment.yaml', () => {
  it('sets only variables that exist', () => {
    const known = [...settingInfos().map(({ variable }) => variable), 'REDIS_ADDR'];
    expect(Object.keys(variables)).toContain('SHUTDOWN_DELAY');
    for (const name of Object.keys(variables)) expect(known).toContain(name);
  });

  it('takes no replica away after one failed probe', () => {
    const thresholds = [...deployment.matchAll(/failureThreshold: (\d+)/g)].map(([, count]) => Number(count));
    expect(Math.min(...thresholds)).toBeGreaterThan(1);
  });

  it('gives a replica the time for its whole shutdown', () => {
    const [, seconds] = /terminationGracePeriodSeconds: (\d+)/.exec(deployment) ?? [];
    const { SHUTDOWN_DELAY = '', SHUTDOWN_GRACE = '' } = variables;
    const wholeMs = Number(durationMs(SHUTDOWN_DELAY)) + Number(durationMs(SHUTDOWN_GRACE)) + PLUGIN_CLOSE_MS;
    expect(Number(seconds) * 1_000).toBeGreaterThan(wholeMs);
  });

  it('starts the service with a pinned plugin from a volume of Kubernetes; the probes see the shutdown', async () => {
    // A volume of a ConfigMap has a link to a link of a folder.
    const volume = await mkdtemp(join(tmpdir(), 'pluggable-'));
    try {
      await mkdir(join(volume, '..2026_01_01'));
      await cp(MEMORY_PLUGIN, join(volume, '..2026_01_01', 'cache.mjs'));
      await symlink('..2026_01_01', join(volume, '..data'));
      await symlink(join('..data', 'cache.mjs'), join(volume, 'cache.mjs'));
      const hash = createHash('sha256').update(await readFile(MEMORY_PLUGIN));
      const { CACHE_PLUGIN_PATH = '' } = variables;
      await using program = await startProgram({
        env: {
          ...variables,
          CACHE_PLUGIN_PATH: CACHE_PLUGIN_PATH.replace(/^\/plugins/, volume),
          CACHE_PLUGIN_INTEGRITY: `sha256-${hash.digest('base64')}`,
        },
      });
      const [readiness = '', liveness = ''] = [...deployment.matchAll(/path: (\S+),/g)].map(([, path]) => path);
      expect([readiness, liveness]).toEqual(['/health/ready', '/health/live']);
      expect((await get(program.url, readiness)).status).toBe(200);
      expect((await get(program.url, '/fib/20')).body).toEqual({ result: 6_765 });

      process.kill(program.pid, 'SIGTERM');
      await program.line('shutting down');
      expect((await get(program.url, readiness)).status).toBe(503);
      expect((await get(program.url, liveness)).status).toBe(200);
      expect((await get(program.url, '/fib/20')).status).toBe(200);
      expect((await program.ended()).code).toBe(0);
    } finally {
      await rm(volume, { recursive: true, force: true });
    }
  });
});
