// Boundaries: plugins are self-contained, the application contains no plugin, imports follow the table in ARCHITECTURE.md.
import { execFile } from 'node:child_process';
import { cp, glob, mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'es-module-lexer';
import { describe, expect, it } from 'vitest';
import { ROOT, startProgram } from './support/program.js';
import { startRedis } from './support/redis.js';
import { get } from './support/request.js';

const run = promisify(execFile);

async function files(pattern: string, cwd = ROOT): Promise<string[]> {
  const found: string[] = [];
  for await (const file of glob(pattern, { cwd })) found.push(file);
  return found;
}

describe('a built plugin', async () => {
  const plugins = await files('dist/plugins/*');

  it('exists', () => {
    expect(plugins.toSorted()).toEqual(
      ['cache-memory.mjs', 'cache-redis.mjs'].map((name) => join('dist', 'plugins', name)),
    );
  });

  it.each(plugins)('%s imports only node:', async (plugin) => {
    const source = await readFile(join(ROOT, plugin), 'utf8');
    const imports = parse(source)[0].filter(({ type }) => type !== 'import-meta');

    expect(imports.filter(({ specifier }) => !specifier?.startsWith('node:'))).toEqual([]);
    expect(source).not.toMatch(/\brequire\(/);
  });

  it.each(plugins)('%s contains no path of the build machine', async (plugin) => {
    expect(await readFile(join(ROOT, plugin), 'utf8')).not.toContain(ROOT);
  });

  it.each(plugins)('%s runs from a folder without other files', async (plugin) => {
    const folder = await mkdtemp(join(tmpdir(), 'pluggable-'));
    const path = join(folder, 'plugin.mjs');
    await cp(join(ROOT, plugin), path);
    await using redis = await startRedis();
    await using program = await startProgram({ env: { CACHE_PLUGIN_PATH: path, REDIS_ADDR: redis.addr } });
    await get(program.url, '/fib/10');

    expect((await get(program.url, '/fib/10')).headers['cache-status']).toBe('pluggable; hit');
  });
});

describe('the application', () => {
  it('contains no plugin in its build', async () => {
    const built = (await files('dist/**/*.js')).filter((file) => !file.startsWith(join('dist', 'plugins')));
    const sources = await Promise.all(built.map((file) => readFile(join(ROOT, file), 'utf8')));

    expect(built).toContain(join('dist', 'main.js'));
    expect(sources.filter((source) => /cache-memory|cache-redis|lru-cache|ioredis/.test(source))).toEqual([]);
  });
});

/** The violations of the import rules in these folders, one line each. */
async function cruise(cwd: string, ...folders: string[]): Promise<string[]> {
  const args = [
    join(ROOT, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruiser.mjs'),
    '--output-type',
    'json',
  ];
  const config = ['--config', join(ROOT, '.dependency-cruiser.mjs')];
  const { stdout } = await run(process.execPath, [...args, ...config, ...folders], {
    cwd,
    maxBuffer: 64 * 1024 * 1024,
  }).catch((error: { stdout: string }) => error);
  const { summary } = JSON.parse(stdout) as {
    summary: { totalCruised: number; violations: { from: string; to: string; rule: { name: string } }[] };
  };
  expect(summary.totalCruised).toBeGreaterThan(0);
  return summary.violations.map(({ from, to, rule }) => `${from} -> ${to} [${rule.name}]`);
}

describe('the import rules', () => {
  it('hold', async () => {
    expect(await cruise(ROOT, 'src', 'libs', 'examples')).toEqual([]);
  });

  it('report forbidden imports', async () => {
    const violations = await cruise(join(ROOT, 'test', 'fixtures', 'forbidden-imports'), 'src', 'libs');

    expect(violations.toSorted()).toMatchInlineSnapshot(`
      [
        "libs/admission/src/admission.ts -> ../../../node_modules/zod/index.d.cts [packages: libs/admission imports no package]",
        "libs/admission/src/admission.ts -> libs/contract/src/contract.ts [parts: libs/admission imports of the others nothing]",
        "libs/admission/src/admission.ts -> src/application.ts [parts: libs/admission imports of the others nothing]",
        "libs/cache-memory/src/plugin.ts -> ../../../node_modules/@nestjs/common/index.js [plugins: a plugin never imports Nest]",
        "libs/cache-memory/src/plugin.ts -> libs/host/src/host.ts [parts: libs/cache-[^/]+ imports of the others libs/contract, libs/cache/(src|dist)/contract]",
        "libs/cache-redis/src/plugin.ts -> ../../../node_modules/@nestjs/common/index.js [plugins: a plugin never imports Nest]",
        "libs/cache-redis/src/plugin.ts -> libs/host/src/host.ts [parts: libs/cache-[^/]+ imports of the others libs/contract, libs/cache/(src|dist)/contract]",
        "libs/cache/src/contract/contract.ts -> ../../../node_modules/zod/index.d.cts [packages: libs/cache imports only its own]",
        "libs/cache/src/contract/contract.ts -> ../../../node_modules/zod/index.d.cts [packages: libs/cache/src/contract imports no package]",
        "libs/cache/src/contract/contract.ts -> ./missing.js [no import that cannot be resolved]",
        "libs/cache/src/contract/contract.ts -> bench/figures.ts [parts: libs/cache imports of the others libs/contract, libs/nestjs]",
        "libs/cache/src/contract/contract.ts -> libs/cache/src/fallback.ts [layers: libs/cache/src/contract imports of its part nothing]",
        "libs/cache/src/module.ts -> ../../../node_modules/zod/index.d.cts [packages: libs/cache imports only its own]",
        "libs/cache/src/module.ts -> libs/cache-memory/src/plugin.ts [parts: libs/cache imports of the others libs/contract, libs/nestjs]",
        "libs/cache/src/module.ts -> src/user.ts [no cycles]",
        "libs/cache/src/module.ts -> src/user.ts [parts: libs/cache imports of the others libs/contract, libs/nestjs]",
        "libs/contract/src/contract.ts -> ../../../node_modules/zod/index.d.cts [packages: libs/contract imports no package]",
        "libs/contract/src/contract.ts -> libs/cache/src/fallback.ts [parts: libs/contract imports of the others nothing]",
        "libs/host/src/calls/guard.ts -> libs/host/src/open/launch.ts [layers: libs/host/src/calls imports of its part telemetry, log]",
        "libs/host/src/host.ts -> ../../../node_modules/@nestjs/common/index.js [packages: libs/host imports no package]",
        "libs/host/src/host.ts -> libs/cache/src/fallback.ts [parts: libs/host imports of the others libs/contract]",
        "libs/host/src/plugin-options.ts -> libs/host/src/open/launch.ts [layers: foreign-error, guarded-logger, node-version, permissions, plugin\\.error, plugin-error-codes, plugin-options, restart-delays of libs/host/src import no folder of it]",
        "libs/testkit/src/cache/kit.ts -> ../../../node_modules/zod/index.d.cts [packages: libs/testkit/src/cache imports only its own]",
        "libs/testkit/src/cache/kit.ts -> libs/cache-memory/src/plugin.ts [parts: libs/testkit imports of the others libs/contract, libs/host, libs/cache/(src|dist)/contract]",
        "src/application.ts -> libs/cache-memory/src/plugin.ts [parts: src imports of the others libs/contract, libs/host, libs/nestjs, libs/cache, libs/otel, libs/admission, libs/http-server]",
        "src/application.ts -> test/helper.ts [tests: only a spec imports from test]",
        "src/playground/page/page.ts -> ../../../node_modules/zod/index.d.cts [packages: src/playground/page imports no package]",
        "src/playground/page/page.ts -> fs [page: src/playground/page imports no module of Node]",
        "src/playground/page/page.ts -> src/user.ts [layers: src/playground imports of its part fibonacci, events]",
        "src/playground/page/page.ts -> src/user.ts [page: src/playground/page imports of the others only types and constants of messages]",
        "src/server.ts -> src/playground/page/page.ts [page: the server does not import src/playground/page]",
      ]
    `);
  });
});
