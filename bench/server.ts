// What is measured: real processes on free ports of loopback.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, readFile } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../test/support/free-port.ts';

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** The folder of this build. */
export const BUILD = path('../dist');
export const MEMORY_PLUGIN = join(BUILD, 'plugins/cache-memory.mjs');
export const REDIS_PLUGIN = join(BUILD, 'plugins/cache-redis.mjs');

const GC_TIME = new URL('gc-time.mjs', import.meta.url).href;

const PATIENCE_MS = 20_000;

export interface Server extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  /** From the beginning of the process until its port takes a connection, in milliseconds. */
  readonly listeningMs: number;
  /** From the beginning of the process to its first answer, in milliseconds. */
  readonly startMs: number;
  /** What it has spent in garbage collections since its start, in milliseconds. */
  gcMs(): Promise<number>;
  /** All that it has logged. */
  log(): Promise<string>;
  /** Lets it end as it likes to. */
  stop(): Promise<void>;
}

export interface ServiceOptions {
  /** Arguments for Node itself. */
  readonly nodeArgs?: readonly string[];
  /** The folder of the build. @default this one */
  readonly build?: string;
}

/**
 * The service, as it was built.
 * @param env its settings, beside the defaults
 */
export async function startService(
  env: Readonly<Record<string, string>> = {},
  { nodeArgs = [], build = BUILD }: ServiceOptions = {},
): Promise<Server> {
  const settings = { HOST: '127.0.0.1', LOG_FORMAT: 'json', ...env };
  return await startServer([...nodeArgs, ...(await flagsOf(build)), join(build, 'main.js')], settings);
}

/** Those of Node in `npm start`. */
async function flagsOf(build: string): Promise<string[]> {
  const { scripts } = JSON.parse(await readFile(join(build, '../package.json'), 'utf8')) as {
    readonly scripts: { readonly start: string };
  };
  return scripts.start.split(' ').filter((word) => word.startsWith('--'));
}

/** Answers without a framework, see raw.mjs. */
export async function startRaw(): Promise<Server> {
  return await startServer([path('./raw.mjs')], {});
}

/** A bare Nest route, see bare.mjs. */
export async function startBare(kind: 'plain' | 'logged'): Promise<Server> {
  return await startServer([path('./bare.mjs'), kind], {});
}

async function startServer(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Server> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  // To a file, because a log that this process reads would be work for it.
  const logPath = join(await mkdtemp(join(tmpdir(), 'bench-')), 'log');
  const file = await open(logPath, 'w');
  const startedMs = performance.now();
  const child = spawn(process.execPath, ['--import', GC_TIME, ...args], {
    cwd: tmpdir(),
    env: { PORT: String(port), ...env },
    stdio: ['ignore', file.fd, 'inherit', 'ipc'],
  });
  await file.close();
  await succeeds(() => connect(port), child);
  const listeningMs = performance.now() - startedMs;
  await succeeds(() => ask(`${url}/fib/1`), child);
  return {
    url,
    pid: child.pid ?? Number.NaN,
    listeningMs,
    startMs: performance.now() - startedMs,
    gcMs: async () => {
      child.send('gc');
      const [{ spentMs }] = (await once(child, 'message')) as [{ readonly spentMs: number }];
      return spentMs;
    },
    log: () => readFile(logPath, 'utf8'),
    stop: () => end(child, 'SIGTERM'),
    [Symbol.asyncDispose]: () => end(child),
  };
}

export interface Redis extends AsyncDisposable {
  readonly addr: string;
  /** Lets it keep its connections and answer nothing. */
  freeze(): void;
  thaw(): void;
}

/** A redis-server of its own. */
export async function startRedis(): Promise<Redis> {
  const port = await freePort();
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', tmpdir()];
  const child = spawn('redis-server', settings, { stdio: 'ignore' });
  return {
    addr: `127.0.0.1:${port}`,
    freeze: () => child.kill('SIGSTOP'),
    thaw: () => child.kill('SIGCONT'),
    [Symbol.asyncDispose]: () => end(child),
  };
}

/** GET on a connection of its own: the time that it took, in milliseconds. */
export async function ask(url: string): Promise<number> {
  const startedMs = performance.now();
  const [response] = (await once(get(url, { agent: false }), 'response')) as [IncomingMessage];
  if (response.statusCode !== 200) throw new Error(`GET ${url} answered ${response.statusCode}`);
  await once(response.resume(), 'end');
  return performance.now() - startedMs;
}

async function connect(port: number): Promise<void> {
  const socket = createConnection(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.destroy();
}

/** Tries until it does, while the process lives. */
async function succeeds(attempt: () => Promise<unknown>, child: ChildProcess): Promise<void> {
  const giveUpMs = performance.now() + PATIENCE_MS;
  while (performance.now() < giveUpMs && child.exitCode === null) {
    try {
      await attempt();
      return;
    } catch {
      await delay(2);
    }
  }
  await end(child);
  throw new Error(`what should be measured did not start; npm run build builds it`);
}

async function end(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}
