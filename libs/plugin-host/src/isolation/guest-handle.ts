// A worker or a process with a guest in it, seen from the host: messages, output, its end.
import { type ChildProcess, fork } from 'node:child_process';
import { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { permissionFlags } from '../permissions.js';
import { reasonOf } from '../plugin.error.js';
import type { PluginMode } from '../plugin-options.js';
import type { FromGuest, ToGuest } from './protocol.js';

export interface GuestListener {
  onMessage(message: FromGuest): void;
  /** A line that the plugin wrote to its standard output or error, instead of to its logger. */
  onOutput(line: string, stream: 'stdout' | 'stderr'): void;
  /** Called once. @param how in words */
  onEnd(how: string): void;
}

export interface GuestHandle {
  /** @throws when the message holds what cannot be cloned */
  send(message: ToGuest): void;
  /** Ends it at once, whatever it does; resolves when it has ended. Does nothing after its end. */
  kill(): Promise<void>;
}

const GUEST = new URL('./guest.js', import.meta.url);

/** It may read its own program, which is this library. Its environment is empty: variables come by message. */
const RESTRICTIONS = [
  '--permission',
  `--allow-fs-read=${fileURLToPath(new URL('../', import.meta.url))}`,
  // That a permission is an experiment is no news to whom reads the log of a plugin.
  '--disable-warning=ExperimentalWarning',
];

/** Neither keeps the host's process alive: a call that waits does so by its deadline. */
export function spawnGuest(
  mode: Exclude<PluginMode, 'inline'>,
  permissions: readonly string[],
  listener: GuestListener,
): GuestHandle {
  const flags = [...RESTRICTIONS, ...permissionFlags(permissions)];
  return mode === 'worker' ? spawnWorker(flags, listener) : spawnProcess(flags, listener);
}

function spawnWorker(execArgv: string[], listener: GuestListener): GuestHandle {
  const worker = new Worker(GUEST, { env: {}, execArgv, stdout: true, stderr: true });
  readLines(worker.stdout, (line) => listener.onOutput(line, 'stdout'));
  readLines(worker.stderr, (line) => listener.onOutput(line, 'stderr'));
  let error: unknown;
  worker.on('message', (message: FromGuest) => listener.onMessage(message));
  worker.on('error', (cause) => (error = cause));
  worker.on('exit', (code) =>
    listener.onEnd(error === undefined ? `its thread ended with code ${code}` : reasonOf(error)),
  );
  worker.unref();
  return {
    send: (message) => worker.postMessage(message),
    kill: async () => {
      worker.ref();
      await worker.terminate();
    },
  };
}

function spawnProcess(flags: string[], listener: GuestListener): GuestHandle {
  const child = fork(GUEST, [], {
    env: inheritedEnvironment(),
    // The watchdog is a thread.
    execArgv: [...new Set([...flags, '--allow-worker', '--disable-warning=PERM0006'])],
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => {
    const end = (how: string): void => {
      listener.onEnd(how);
      resolve();
    };
    child.once('exit', (code, signal) => end(`its process ended with ${signal ?? `code ${code}`}`));
    child.once(
      'error',
      (error) => child.pid === undefined && end(`its process could not be started (${error.message})`),
    );
  });
  for (const stream of ['stdout', 'stderr'] as const) {
    const readable = child[stream];
    if (readable) readLines(readable, (line) => listener.onOutput(line, stream));
  }
  child.on('message', (message) => listener.onMessage(message as FromGuest));
  child.on('error', () => {});
  unref(child);
  return {
    // A message to a process that has just ended is lost; its end is told elsewhere.
    send: (message) => void (child.connected && child.send(message, () => {})),
    kill: async () => {
      child.ref();
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Node itself reads this one, for TLS; the guest takes it away before the plugin comes. */
function inheritedEnvironment(): NodeJS.ProcessEnv {
  const { NODE_EXTRA_CA_CERTS } = process.env;
  return NODE_EXTRA_CA_CERTS === undefined ? {} : { NODE_EXTRA_CA_CERTS };
}

function readLines(input: Readable, onLine: (line: string) => void): void {
  createInterface({ input }).on('line', onLine);
}

function unref(child: ChildProcess): void {
  child.unref();
  child.channel?.unref();
  for (const stream of child.stdio) if (stream instanceof Socket) stream.unref();
}
