// The application of test/fixtures/nest-application on a chosen Nest version, with the packages as in their tarballs.
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { MEMORY_PLUGIN, type Program, ROOT, startProgram } from './program.js';
import { type Answer, ask } from './request.js';

const run = promisify(execFile);

/** Node finds each Nest version in a node_modules folder above. The folder dist is ignored by git and all tools. */
const PLACES = { 11: 'test/nest-11/dist', 12: 'test/dist' } as const;
export type NestMajor = keyof typeof PLACES;
export type AdapterName = 'express' | 'fastify';

const PACKAGES = ['contract', 'host', 'nestjs', 'cache'];
const ADMIN_TOKEN = 'a token for tests';

/** A folder for the compiled application, beside its packages. */
export class InstalledApplication implements AsyncDisposable {
  private constructor(readonly folder: string) {}

  static async create(major: NestMajor): Promise<InstalledApplication> {
    const place = join(ROOT, PLACES[major]);
    await mkdir(place, { recursive: true });
    return new InstalledApplication(await mkdtemp(join(place, 'application-')));
  }

  /** @throws when the application does not compile with the types of this Nest */
  async compile(): Promise<void> {
    await cp(join(ROOT, 'test/fixtures/nest-application'), this.folder, { recursive: true });
    for (const name of PACKAGES) await install(name, join(this.folder, 'node_modules/@pluggable', name));
    const config = {
      extends: join(ROOT, 'tsconfig.json'),
      compilerOptions: { rootDir: '.', declaration: false, sourceMap: false, inlineSources: false },
      include: ['*.ts'],
      exclude: [],
    };
    await writeFile(join(this.folder, 'tsconfig.json'), JSON.stringify(config));
    await run(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', this.folder]).catch(
      ({ stdout }: { stdout: string }) => {
        throw new Error(`the application does not compile: ${stdout}`);
      },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true });
  }
}

/** Copies the packed files of a package: its `files` and its package.json. */
async function install(name: string, to: string): Promise<void> {
  const from = join(ROOT, 'libs', name);
  const { files } = JSON.parse(await readFile(join(from, 'package.json'), 'utf8')) as { files: string[] };
  const excluded = files.filter((file) => file.startsWith('!')).map((file) => join(from, file.slice(1)));
  for (const file of ['package.json', ...files.filter((one) => !one.startsWith('!'))]) {
    await cp(join(from, file), join(to, file), { recursive: true, filter: (path) => !excluded.includes(path) });
  }
}

/** The running application, and the folders of its plugins. */
export class NestApplication implements AsyncDisposable {
  private constructor(
    readonly program: Program,
    /** The folder of all plugins. Those for the sessions' cache are in the folder sessions. */
    readonly plugins: string,
    /** The folder whose files are the payments. */
    readonly payments: string,
  ) {}

  static async start(installed: InstalledApplication, adapter: AdapterName): Promise<NestApplication> {
    const plugins = await mkdtemp(join(tmpdir(), 'nest-plugins-'));
    const payments = join(plugins, 'payments');
    const sessions = join(plugins, 'sessions');
    for (const folder of [payments, sessions]) await mkdir(folder);
    for (const name of GREETERS) await writeFile(join(plugins, `${name}.mjs`), greeter(name));
    for (const name of ['card', 'cash']) await writeFile(join(payments, `${name}.mjs`), payment(name));
    for (const folder of [plugins, sessions]) await cp(MEMORY_PLUGIN, join(folder, 'cache.mjs'));
    await writeFile(join(sessions, 'other.mjs'), OTHER_CACHE);
    try {
      const program = await startProgram({
        main: join(installed.folder, 'main.js'),
        env: { ADAPTER: adapter, PLUGINS: plugins, PAYMENTS: payments, ADMIN_TOKEN },
      });
      return new NestApplication(program, plugins, payments);
    } catch (error) {
      await rm(plugins, { recursive: true });
      throw error;
    }
  }

  async ask(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const json = body === undefined ? {} : { 'Content-Type': 'application/json' };
    const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const asking = { method, headers: { ...headers, ...json }, ...(bytes && { body: bytes }) };
    return await ask(this.program.url, path, asking).answer;
  }

  async get(path: string): Promise<Answer> {
    return await this.ask('GET', path);
  }

  /** Sends a request to an admin route below `/admin/plugins`, with the token. */
  async admin(method: string, path: string, body?: unknown): Promise<Answer> {
    return await this.ask(method, `/admin/plugins${path}`, body, { Authorization: `Bearer ${ADMIN_TOKEN}` });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.program[Symbol.asyncDispose]();
    await rm(this.plugins, { recursive: true });
  }
}

export const GREETERS = ['english', 'feature', 'isolated', 'late', 'failing', 'ailing'];

/** Greets every person except three: `slow` takes its time, `never` gets no answer, `error` fails. */
export const greeter = (name: string): string => `
export const manifest = { kind: 'greeter', contract: 1, name: '${name}', version: '1.0.0' };
export function Factory(log) {
  let isIll = false;
  return {
    async greet(person) {
      if (person === 'never') await new Promise(() => {});
      if (person === 'slow') {
        log.info('greets slowly');
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
      if (person === 'error') throw new Error('this is a secret of the plugin');
      return '${name} greets ' + person;
    },
    async setIll(next) {
      isIll = next;
    },
    async ping() {
      if (isIll) throw new Error('ill');
    },
    async close() {
      log.info('closed');
    },
  };
}
`;

export const payment = (name: string): string => `
export const manifest = { kind: 'payment', contract: 1, name: '${name}', version: '1.0.0' };
export const Factory = () => ({ pay: async (cents) => cents + ' by ${name}' });
`;

const OTHER_CACHE = `
export const manifest = { kind: 'cache', contract: 1, name: 'other', version: '1.0.0' };
export const Factory = () => ({ get: async () => ({ status: 'not-found' }), set: async () => {} });
`;
