// The built program as a real process on a free port, used over real sockets, ended by its process id.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { childrenOf } from './children.ts';
import { eventually } from './eventually.ts';
import { get } from './request.ts';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
export const MEMORY_PLUGIN = `${ROOT}dist/plugins/cache-memory.mjs`;
export const REDIS_PLUGIN = `${ROOT}dist/plugins/cache-redis.mjs`;

/** Without root, a user namespace is needed, too. */
const NEW_PID_NAMESPACE = [
  'unshare',
  ...(process.getuid?.() === 0 ? [] : ['--user', '--map-root-user']),
  '--pid',
  '--fork',
  '--kill-child',
];

/** The path of a file in test/fixtures/plugins. */
export function fixture(name: string): string {
  return `${ROOT}test/fixtures/plugins/${name}`;
}

export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly [field: string]: unknown;
}

export interface Exit {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  /** The working directory. @default a folder without .env */
  readonly cwd?: string;
  /** @default the build of this repository */
  readonly main?: string;
  /** The node binary. @default that of the tests */
  readonly node?: string;
  /** Arguments of node, before the script. */
  readonly nodeArgs?: readonly string[];
  /** Runs it as PID 1 of a new namespace, like the only program of a container. Linux only. @default false */
  readonly asPid1?: boolean;
}

/** Runs the program to its end. */
export async function runProgram(options: ProgramOptions = {}): Promise<Exit> {
  return await exitOf(spawnProgram(options));
}

/** Starts the program on a free port of loopback, at log level debug, and does not wait until it listens. */
export function launchProgram({ env = {}, ...options }: ProgramOptions = {}): Program {
  const child = spawnProgram({ ...options, env: { PORT: '0', HOST: '127.0.0.1', LOG_LEVEL: 'debug', ...env } });
  return new Program(child, exitOf(child), options.asPid1 ?? false);
}

/** The same, and waits until it listens. */
export async function startProgram(options: ProgramOptions = {}): Promise<Program> {
  const program = launchProgram(options);
  const listening = program.line('listening');
  const ended = program.ended().then(({ code, stderr }) => {
    throw new Error(`the program ended with ${code} before it listened: ${stderr}`);
  });
  try {
    program.url = String((await Promise.race([listening, ended]))['addr']);
    return program;
  } catch (error) {
    await program[Symbol.asyncDispose]();
    throw error;
  }
}

export class Program {
  url = '';
  /** The whole log so far. */
  readonly lines: LogLine[] = [];
  /** The log so far as text, for LOG_FORMAT=pretty. */
  text = '';
  private readonly child: ChildProcess;
  private readonly exit: Promise<Exit>;
  private readonly isPid1: boolean;
  private markers = 0;
  private errors = '';

  // Written out, because the drills run this file with type stripping only.
  constructor(child: ChildProcess, exit: Promise<Exit>, isPid1: boolean) {
    this.child = child;
    this.exit = exit;
    this.isPid1 = isPid1;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.errors += text));
    let rest = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.text += text;
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      this.lines.push(...lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as LogLine));
    });
  }

  get pid(): number {
    const { pid } = this.child;
    if (pid === undefined) throw new Error('the program did not start');
    if (!this.isPid1) return pid;
    const [inner] = childrenOf(pid);
    if (inner === undefined) throw new Error('the program has ended');
    return inner;
  }

  logged(message: string, fields: Readonly<Record<string, unknown>> = {}): LogLine[] {
    return this.lines.filter(
      (line) => line.msg === message && Object.entries(fields).every(([name, value]) => line[name] === value),
    );
  }

  /** Waits for a log line. */
  async line(message: string, fields?: Readonly<Record<string, unknown>>): Promise<LogLine> {
    return await eventually(`the log line ${JSON.stringify(message)}`, () => this.logged(message, fields)[0]);
  }

  /** The address of its inspector, for a program that was started with --inspect. */
  async inspectorUrl(): Promise<string> {
    return await eventually('the address of the inspector', () => /ws:\S+/.exec(this.errors)?.[0]);
  }

  /** Waits until all earlier log lines are in `lines`: the log is buffered, so the test waits for a later line. */
  async caughtUp(): Promise<void> {
    const url = `/marker-${(this.markers += 1)}`;
    await get(this.url, url);
    await this.line('request completed', { url });
  }

  signal(signal: NodeJS.Signals): void {
    if (this.isPid1) process.kill(this.pid, signal);
    else this.child.kill(signal);
  }

  /** Stops reading its log. */
  closeOutput(): void {
    this.child.stdout?.destroy();
  }

  /** Waits for its end. */
  async ended(): Promise<Exit> {
    return await this.exit;
  }

  async stop(): Promise<Exit> {
    this.signal('SIGTERM');
    return await this.exit;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exit;
  }
}

function spawnProgram({
  env,
  args = [],
  cwd = tmpdir(),
  main = `${ROOT}dist/main.js`,
  node = process.execPath,
  nodeArgs = [],
  asPid1 = false,
}: ProgramOptions): ChildProcess {
  const inherited = { PATH: process.env['PATH'], HOME: process.env['HOME'] };
  const [command = node, ...rest] = [...(asPid1 ? NEW_PID_NAMESPACE : []), node, ...nodeArgs, main, ...args];
  return spawn(command, rest, {
    cwd,
    env: { ...inherited, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function exitOf(child: ChildProcess): Promise<Exit> {
  const out = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (out.stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (out.stderr += text));
  await once(child, 'close');
  return { code: child.exitCode, ...out };
}
