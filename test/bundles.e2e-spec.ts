// The built files: each plugin is one file with the licences of all bundled packages; those of the application are beside it.
import { globSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { describe, expect, it } from 'vitest';
import { openPlugin } from './support/built-host.js';
import { MEMORY_PLUGIN, REDIS_PLUGIN, ROOT } from './support/program.js';

/** The packages in a bundle: the bundler adds a comment with the path of each module. */
function packagesIn(bundle: string): string[] {
  const modules = bundle.matchAll(/^\/\/ node_modules\/((?:@[^/\n]+\/)?[^/\n]+)\//gm);
  return [...new Set([...modules].map(([, name = '']) => name))].toSorted();
}

const REDIS_PACKAGES = '@ioredis/commands cluster-key-slot denque ioredis redis-errors standard-as-callback zod'.split(
  ' ',
);

describe.each([
  ['cache-memory.mjs', MEMORY_PLUGIN, ['lru-cache', 'zod'], []],
  // ioredis has modules of other authors, which it names in comments.
  [
    'cache-redis.mjs',
    REDIS_PLUGIN,
    REDIS_PACKAGES,
    ['Copyright (c) 2022-2023, Redis, Inc.', '@opentelemetry/redis-common (Apache 2.0)'],
  ],
])('%s', (_, path, packages, notices) => {
  const bundle = readFileSync(path, 'utf8');

  it('contains these packages, and the whole licence of each', () => {
    expect(packagesIn(bundle)).toEqual(packages);
    for (const name of packages) {
      const file = name === 'lru-cache' ? 'LICENSE.md' : 'LICENSE';
      const { version } = JSON.parse(readFileSync(`${ROOT}node_modules/${name}/package.json`, 'utf8')) as {
        version: string;
      };
      expect(bundle).toContain(`/*!\n${name} ${version} (`);
      expect(bundle).toContain(readFileSync(`${ROOT}node_modules/${name}/${file}`, 'utf8').trim());
    }
  });

  it('contains the notices of other authors in these packages', () => {
    for (const notice of notices) expect(bundle).toContain(notice);
  });

  it('imports only modules of Node', () => {
    const imported = [...bundle.matchAll(/^(?:import|export) .*?from ["']([^"']+)["']/gm)].map(([, name = '']) => name);
    expect(imported.filter((name) => !name.startsWith('node:'))).toEqual([]);
  });
});

describe('the application', () => {
  const dist = join(ROOT, 'dist');

  it('is in files of ASCII characters only, which V8 keeps with one byte each', () => {
    const files = readdirSync(dist).filter((name) => name.endsWith('.js'));
    expect(files).toContain('packages.js');
    expect(files.filter((name) => /[^\0-\x7f]/.test(readFileSync(join(dist, name), 'utf8')))).toEqual([]);
  });

  it('has the whole licence of each package beside it', () => {
    const licences = readFileSync(join(dist, 'licences.txt'), 'utf8');
    for (const name of ['@nestjs/core', 'express', 'qs', 'rxjs', 'zod']) {
      const [file = ''] = globSync('LICEN[CS]E*', { cwd: join(ROOT, 'node_modules', name) });
      expect(licences).toContain(readFileSync(join(ROOT, 'node_modules', name, file), 'utf8').trim());
    }
  });
});

const MAILER = `
import { type CallOptions, defineContract, type Lifecycle } from '@pluggable/contract';
export interface Mailer extends Lifecycle {
  send(mail: { to: string }, options?: CallOptions): Promise<{ id: string }>;
}
export const MAILER = defineContract<Mailer>({
  kind: 'mailer',
  version: 1,
  methods: { send: { args: ['mail'], timeoutMs: 10_000, errors: ['INVALID_ADDRESS'] } },
});`;
const MAILER_HOST = `
import * as z from 'zod';
import { MAILER } from './mailer.ts';
export const MAILER_HOST = MAILER.with({ output: { send: z.object({ id: z.string() }) } });`;
const PLUGIN = `
import { definePlugin } from '@pluggable/contract';
import { MAILER } from './mailer.ts';
export const { manifest, Factory } = definePlugin(MAILER, {
  name: 'prints',
  version: '1.0.0',
  create: ({ log }) => ({
    async send(mail) {
      log.info('mail', { to: mail.to });
      return { id: mail.to };
    },
  }),
});`;

describe('the smallest plugin of a contract whose answers have a schema', () => {
  it('is one file of less than 3 kB, and serves', async () => {
    // A folder in which packages are found.
    const folder = await mkdtemp(join(ROOT, 'node_modules', '.bundle-'));
    try {
      const sources = { 'mailer.ts': MAILER, 'mailer.host.ts': MAILER_HOST, 'plugin.ts': PLUGIN, 'app.ts': APP };
      for (const [name, source] of Object.entries(sources)) await writeFile(join(folder, name), source);
      const [path, app] = [await bundled(folder, 'plugin'), await bundled(folder, 'app')];
      expect(readFileSync(path).length).toBeLessThan(3_000);
      expect(readFileSync(app).length).toBeGreaterThan(30_000);

      const { MAILER_HOST: contract } = (await import(app)) as { MAILER_HOST: Parameters<typeof openPlugin>[0] };
      const plugin = await openPlugin(contract, { path, env: {} });
      await expect(Reflect.apply(Reflect.get(plugin.proxy, 'send'), undefined, [{ to: 'ada' }])).resolves.toEqual({
        id: 'ada',
      });
      await plugin.close();
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

const APP = `export { MAILER_HOST } from './mailer.host.ts';`;

async function bundled(folder: string, name: string): Promise<string> {
  const path = join(folder, `${name}.mjs`);
  await using build = await rolldown({ input: join(folder, `${name}.ts`), platform: 'node', external: [/^node:/] });
  await build.write({ file: path, format: 'esm' });
  return path;
}
