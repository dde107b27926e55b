// The packages as a stranger installs them: packed, in empty folders, on the oldest and the newest Node.js and with each test runner.
import { join } from 'node:path';
import { ISOLATIONS } from '@pluggable/host';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from './support/eventually.js';
import { type InstalledNode, InstalledProject, installNode, packAll } from './support/installed.js';

const FIXTURES = 'test/fixtures/installed';
const APPLICATIONS = [
  { application: 'nest-11-jest', adapter: 'express', version: '24.9.0' },
  { application: 'nest-11-jest-import', adapter: 'fastify', version: '22.15.0' },
  { application: 'nest-12-vitest', adapter: 'express', version: '22.15.0' },
  { application: 'nest-12-vitest', adapter: 'fastify', version: '24.9.0' },
  { application: 'nest-12-vitest', adapter: 'express', version: '26' },
] as const;

const nodes = new Map<string, InstalledNode>();
let tarballs: Readonly<Record<string, string>>;

function nodeOf(version: string): string {
  const node = nodes.get(version);
  if (node === undefined) throw new Error(`Node.js ${version} is not installed`);
  return node.program;
}

function tarballsOf(...names: string[]): string[] {
  return names.map((name) => {
    const tarball = tarballs[name];
    if (tarball === undefined) throw new Error(`no tarball of ${name}`);
    return tarball;
  });
}

beforeAll(async () => {
  tarballs = await packAll();
  const versions = new Set(['26', ...APPLICATIONS.map(({ version }) => version)]);
  for (const version of versions) nodes.set(version, await installNode(version));
}, 300_000);

afterAll(async () => {
  for (const node of nodes.values()) await node[Symbol.asyncDispose]();
});

describe.each(APPLICATIONS)('$application with $adapter on Node.js $version', ({ application, adapter, version }) => {
  it('installs, builds, passes its tests, serves by a plugin in each isolation, and closes it', async () => {
    const node = nodeOf(version);
    const folders = [join(FIXTURES, application), join(FIXTURES, 'shared')];
    await using project = await InstalledProject.create(folders, tarballsOf('contract', 'host', 'nestjs'), node);
    await project.npm('ls', '--all');
    await project.npm('run', 'build');
    expect(await project.npm('test')).toMatch(/Tests:?\s+\d+ passed/);

    for (const isolation of ISOLATIONS) {
      const env = { ADAPTER: adapter, PLUGIN: join(project.folder, 'greeting.plugin.mjs'), ISOLATION: isolation };
      await using app = await project.start(env);
      expect(await app.get('/greetings/Ada')).toMatchObject({ status: 200, body: { text: 'Hello, Ada.' } });
      await app.stop();
      await eventually('the end of the plugin in the log', () => app.output.includes('greeting closed'));
    }
  });
});

describe("a plugin author's repository", () => {
  it('installs, builds, and passes the tests of the kit', async () => {
    const packages = tarballsOf('contract', 'host', 'cache', 'testkit');
    await using project = await InstalledProject.create(['examples/plugin'], packages, nodeOf('26'));
    await project.npm('ls', '--all');

    expect(await project.npm('test')).toMatch(/Tests\s+\d+ passed/);
  });
});
