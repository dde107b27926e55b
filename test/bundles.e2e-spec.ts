// The built plugins: each is one file, in which the licence of each package that it bundles travels.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MEMORY_PLUGIN, REDIS_PLUGIN, ROOT } from './support/program.js';

/** The packages whose modules are in a bundle: the bundler names each module in a comment. */
function packagesIn(bundle: string): string[] {
  const modules = bundle.matchAll(/^\/\/ node_modules\/((?:@[^/\n]+\/)?[^/\n]+)\//gm);
  return [...new Set([...modules].map(([, name = '']) => name))].toSorted();
}

const REDIS_PACKAGES = '@ioredis/commands cluster-key-slot denque ioredis redis-errors standard-as-callback zod'.split(
  ' ',
);

describe.each([
  ['cache-memory.mjs', MEMORY_PLUGIN, ['lru-cache', 'zod'], []],
  // ioredis has modules whose authors are others, and names them in comments.
  [
    'cache-redis.mjs',
    REDIS_PLUGIN,
    REDIS_PACKAGES,
    ['Copyright (c) 2022-2023, Redis, Inc.', '@opentelemetry/redis-common (Apache 2.0)'],
  ],
])('%s', (_, path, packages, notices) => {
  const bundle = readFileSync(path, 'utf8');

  it('holds these packages, and the whole licence of each', () => {
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

  it('holds the notices of those whose work is within these packages', () => {
    for (const notice of notices) expect(bundle).toContain(notice);
  });

  it('imports nothing but modules of Node', () => {
    const imported = [...bundle.matchAll(/^(?:import|export) .*?from ["']([^"']+)["']/gm)].map(([, name = '']) => name);
    expect(imported.filter((name) => !name.startsWith('node:'))).toEqual([]);
  });
});
