// A guest in a separate process. Its channel is a plain pipe: Node's IPC channel throws in the host on malformed bytes.
import { type ChildProcess, spawn } from 'node:child_process';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { withDeadline } from '../calls/deadline.js';
import { isNodeAtLeast } from '../node-version.js';
import { existingDirectory } from '../open/working-directory.js';
import { encodeFrame, FrameReader } from './frames.js';
import { endsInTime, type GuestHandle, type GuestListener } from './guest-handle.js';
import { readOutput } from './guest-output.js';

/** How long the pipes of an ended process are read, and how long a process may live without its channel, in milliseconds. */
const TRAILING_MS = 500;
/** The guest leads a process group, which includes its child processes. Windows has no process groups. */
const HAS_GROUPS = process.platform !== 'win32';

/** The newest releases of Node.js 26 open a socket on an inherited descriptor only with `net`. guest-restrictions.ts drops it. */
const CHANNEL_PERMISSIONS = isNodeAtLeast(26, 11) ? ['--allow-net'] : [];

export function spawnProcess(program: URL, flags: string[], directory: string, listener: GuestListener): GuestHandle {
  // The watchdog needs a worker. SIGUSR1 must not open a debugger.
  const execArgv = new Set([
    ...flags,
    ...CHANNEL_PERMISSIONS,
    '--allow-worker',
    '--disable-warning=PERM0006',
    '--disable-sigusr1',
  ]);
  const child = spawn(process.execPath, [...execArgv, fileURLToPath(program)], {
    cwd: existingDirectory(directory),
    detached: HAS_GROUPS,
    env: inheritedEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
  });
  return child.pid === undefined ? notSpawned(child, listener) : new GuestProcess(child, child.pid, listener);
}

/** Node itself reads NODE_EXTRA_CA_CERTS, for TLS. The guest deletes it before it runs the plugin. */
function inheritedEnvironment(): NodeJS.ProcessEnv {
  const { NODE_EXTRA_CA_CERTS } = process.env;
  return NODE_EXTRA_CA_CERTS === undefined ? {} : { NODE_EXTRA_CA_CERTS };
}

function notSpawned(child: ChildProcess, listener: GuestListener): GuestHandle {
  child.once('error', (error) => {
    for (const pipe of pipesOf(child)) pipe.destroy();
    listener.onEnd(`its process could not be started (${error.message})`);
  });
  return { send: () => {}, kill: async () => {} };
}

class GuestProcess implements GuestHandle {
  private readonly channel: Socket;
  private readonly output: { end(): void };
  private readonly exit = Promise.withResolvers<void>();
  private hasExited = false;
  private killing: Promise<void> | undefined;

  constructor(
    private readonly child: ChildProcess,
    private readonly pid: number,
    private readonly listener: GuestListener,
  ) {
    const [stdout, stderr, channel, hostPipe] = pipesOf(child);
    if (!stdout || !stderr || !channel || !hostPipe) throw new Error('a process without its pipes');
    this.channel = channel;
    this.output = readOutput({ stdout, stderr }, listener);
    const reader = new FrameReader(listener);
    channel.on('data', (chunk: Buffer) => reader.push(chunk));
    const closed = [closeOf(stdout), closeOf(stderr), closeOf(channel)];
    channel.once('close', () => this.onChannelClosed());
    hostPipe.on('error', () => {});
    child.once('exit', (code, signal) => {
      this.hasExited = true;
      // At once: the system may reuse the id of an ended group.
      this.endGroup();
      void this.end(closed, `its process ended with ${signal ?? `code ${code}`}`);
    });
    child.on('error', () => {});
    child.unref();
    for (const pipe of pipesOf(child)) pipe.unref();
  }

  send(message: unknown): void {
    const [header, body] = encodeFrame(message);
    // The process has just ended; onEnd reports it.
    if (!this.channel.writable) return;
    this.channel.cork();
    this.channel.write(header);
    this.channel.write(body);
    this.channel.uncork();
  }

  kill(): Promise<void> {
    this.killing ??= this.killInTime();
    return this.killing;
  }

  private async killInTime(): Promise<void> {
    if (!this.hasExited) this.endGroup();
    if (await endsInTime(this.exit.promise)) return;
    this.output.end();
    for (const pipe of pipesOf(this.child)) pipe.destroy();
    this.listener.onAbandon();
  }

  private endGroup(): void {
    try {
      if (HAS_GROUPS) process.kill(-this.pid, 'SIGKILL');
      else this.child.kill('SIGKILL');
    } catch {
      // The whole group has ended.
    }
  }

  /** The guest may have closed its channel and still be running. */
  private onChannelClosed(): void {
    setTimeout(() => {
      if (!this.hasExited) this.listener.onMalformed('the end of its channel');
    }, TRAILING_MS).unref();
  }

  private async end(closed: Promise<void>[], how: string): Promise<void> {
    // A process that left the group may hold the pipes open.
    await withDeadline(TRAILING_MS, async () => await Promise.all(closed)).catch(() => undefined);
    this.output.end();
    for (const pipe of pipesOf(this.child)) pipe.destroy();
    this.listener.onEnd(how);
    this.exit.resolve();
  }
}

/** `stdio` is undefined if no file descriptors were left. */
function pipesOf({ stdio }: { readonly stdio?: ChildProcess['stdio'] }): Socket[] {
  return (stdio ?? []).flatMap((stream) => (stream instanceof Socket ? [stream] : []));
}

async function closeOf(stream: Readable): Promise<void> {
  stream.on('error', () => {});
  await new Promise<void>((resolve) => void stream.once('close', resolve));
}
