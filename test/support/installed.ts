// A project in an empty folder, with the packed packages and a Node.js of its choice: as a stranger installs it.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cp, glob, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { type Example, startExample } from './example.js';
import { ROOT } from './program.js';

const run = promisify(execFile);
const root = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  readonly optionalDependencies: Readonly<Record<string, string>>;
};

/** Variables of npm scripts and of vitest, which a user's shell does not have. */
const OURS = /^(npm_|VITEST|NODE_ENV$|NODE_OPTIONS$|TEST$|MODE$|DEV$|PROD$|SSR$|BASE_URL$)/;

/** The environment of a shell whose `node` is in the folder. */
async function shell(folder: string): Promise<NodeJS.ProcessEnv> {
  // npm on another Node.js looks for its global configuration elsewhere.
  const { stdout: globalConfig } = await run('npm', ['config', 'get', 'globalconfig'], { cwd: tmpdir() });
  const given = Object.entries(process.env).filter(([name]) => !OURS.test(name));
  const path = (process.env['PATH'] ?? '').split(delimiter).filter((entry) => !entry.includes('node_modules'));
  const npm = { npm_config_globalconfig: globalConfig.trim() };
  const PATH = [folder, ...path].join(delimiter);
  return { ...Object.fromEntries(given), ...npm, NO_COLOR: '1', CI: 'true', PATH };
}

/** Packs the public packages. @returns the tarballs by the names of their folders in libs */
export async function packAll(): Promise<Readonly<Record<string, string>>> {
  await run('npm', ['run', 'pack:all'], { cwd: ROOT, env: await shell(dirname(process.execPath)) });
  const tarballs: Record<string, string> = {};
  for await (const file of glob('build/packages/*.tgz', { cwd: ROOT })) {
    tarballs[/pluggable-(\w+)-/.exec(file)?.[1] ?? file] = join(ROOT, file);
  }
  return tarballs;
}

/** A Node.js in a folder of its own, which its disposal removes. */
export interface InstalledNode extends AsyncDisposable {
  readonly program: string;
}

/** Installs a Node.js by npm. */
export async function installNode(version: string): Promise<InstalledNode> {
  const folder = await mkdtemp(join(tmpdir(), 'pluggable-node-'));
  const platform = `-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  const name = Object.keys(root.optionalDependencies).find((one) => one.endsWith(platform));
  if (name === undefined) throw new Error(`npm has no Node.js for ${platform}`);
  await run('npm', ['install', '--prefix', folder, `${name}@${version}`], {
    cwd: folder,
    env: await shell(dirname(process.execPath)),
  });
  return {
    program: join(folder, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node'),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

function isSource(path: string): boolean {
  return !/node_modules|dist$/.test(path.slice(ROOT.length));
}

export class InstalledProject implements AsyncDisposable {
  private constructor(
    readonly folder: string,
    private readonly node: string,
  ) {}

  /** Copies the folders into an empty one, and installs the project with the tarballs. */
  static async create(
    folders: readonly string[],
    tarballs: readonly string[],
    node: string,
  ): Promise<InstalledProject> {
    const project = new InstalledProject(await mkdtemp(join(tmpdir(), 'pluggable-installed-')), node);
    for (const folder of folders) await cp(join(ROOT, folder), project.folder, { recursive: true, filter: isSource });
    await project.npm('install', ...tarballs);
    return project;
  }

  /** @throws with the output of npm when it fails */
  async npm(...args: string[]): Promise<string> {
    try {
      const { stdout, stderr } = await run('npm', args, { cwd: this.folder, env: await shell(dirname(this.node)) });
      return stdout + stderr;
    } catch (error) {
      const { stdout, stderr } = error as { stdout: string; stderr: string };
      throw new Error(`npm ${args.join(' ')} failed: ${stdout}${stderr}`, { cause: error });
    }
  }

  async start(env: Readonly<Record<string, string>>): Promise<Example> {
    return await startExample(join(this.folder, 'dist', 'main.js'), env, this.node);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
