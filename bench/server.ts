// The measured servers: real processes on free ports of loopback.
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

const PROCESS_TIMES = new URL('process-times.mjs', import.meta.url).href;

const PATIENCE_MS = 20_000;

/** Since the start of the process, in milliseconds. */
interface ProcessTimes {
  /** Time in garbage collections. */
  readonly gcMs: number;
  /** CPU time of all threads, in user and system mode. */
  readonly cpuMs: number;
}

export interface Server extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  /** From the start of the process until its port accepts a connection, in milliseconds. */
  readonly listeningMs: number;
  /** From the start of the process to its first answer, in milliseconds. */
  readonly startMs: number;
  /** The times so far. */
  times(): Promise<ProcessTimes>;
  /** The whole log so far. */
  log(): Promise<string>;
  /** Ends the server gracefully. */
  stop(): Promise<void>;
}

export interface ServiceOptions {
  /** Arguments of Node. */
  readonly nodeArgs?: readonly string[];
  /** The folder of the build. @default this one */
  readonly build?: string;
}

/**
 * The built service.
 * @param env its settings that differ from the defaults
 */
export async function startService(
  env: Readonly<Record<string, string>> = {},
  { nodeArgs = [], build = BUILD }: ServiceOptions = {},
): Promise<Server> {
  const settings = { HOST: '127.0.0.1', LOG_FORMAT: 'json', ...env };
  return await startServer([...nodeArgs, ...(await flagsOf(build)), join(build, 'main.js')], settings);
}

/** The flags of Node in `npm start`. */
async function flagsOf(build: string): Promise<string[]> {
  const { scripts } = JSON.parse(await readFile(join(build, '../package.json'), 'utf8')) as {
    readonly scripts: { readonly start: string };
  };
  return scripts.start.split(' ').filter((word) => word.startsWith('--'));
}

/** A server without a framework, see raw.mjs. */
export async function startRaw(): Promise<Server> {
  return await startServer([path('./raw.mjs')], {});
}

/** A minimal Nest route, see bare.mjs. */
export async function startBare(kind: 'plain' | 'logged'): Promise<Server> {
  return await startServer([path('./bare.mjs'), kind], {});
}

async function startServer(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Server> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  // To a file: reading the log would be work for this process.
  const logPath = join(await mkdtemp(join(tmpdir(), 'bench-')), 'log');
  const file = await open(logPath, 'w');
  const startedMs = performance.now();
  const child = spawn(process.execPath, ['--import', PROCESS_TIMES, ...args], {
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
    times: async () => {
      child.send('times');
      const [times] = (await once(child, 'message')) as [ProcessTimes];
      return times;
    },
    log: () => readFile(logPath, 'utf8'),
    stop: () => end(child, 'SIGTERM'),
    [Symbol.asyncDispose]: () => end(child),
  };
}

export interface Redis extends AsyncDisposable {
  readonly addr: string;
  /** Keeps the connections and answers nothing. */
  freeze(): void;
  thaw(): void;
}

/** A separate redis-server. */
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

/** GET on a new connection: its duration in milliseconds. */
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

/** Retries until it succeeds, while the process lives. */
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
  throw new Error(`the server to measure did not start; run npm run build`);
}

async function end(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}
