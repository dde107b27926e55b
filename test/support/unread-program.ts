// The built program with a log that is not read or not writable: to a descriptor, or to the output of a command.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { eventually } from './eventually.js';
import { freePort } from './free-port.js';
import { ROOT } from './program.js';
import { get } from './request.js';

export interface UnreadOptions {
  /** Runs the program, given as the last arguments. The command provides the standard output of the program. */
  readonly command?: readonly string[];
  /** @default a pipe that is not read */
  readonly stdout?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** Larger than the buffer of a pipe, in characters. */
const LONG = 8_000;

export class UnreadProgram implements AsyncDisposable {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {}

  static async start({ command = [], stdout, env = {} }: UnreadOptions): Promise<UnreadProgram> {
    const port = await freePort();
    const [file, ...args] = [...command, process.execPath, `${ROOT}dist/main.js`];
    const child = spawn(file, args, {
      cwd: tmpdir(),
      env: { PATH: process.env['PATH'], HOST: '127.0.0.1', PORT: String(port), SHUTDOWN_GRACE: '2s', ...env },
      stdio: ['ignore', stdout ?? 'pipe', 'inherit'],
    });
    const program = new UnreadProgram(child, `http://127.0.0.1:${port}`);
    await eventually('the program listening', async () => {
      if (program.hasEnded) throw new Error('the program ended before it listened');
      return await program.isAlive().catch(() => false);
    });
    return program;
  }

  get pid(): number {
    const { pid } = this.child;
    if (pid === undefined) throw new Error('the program did not start');
    return pid;
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  async isAlive(): Promise<boolean> {
    return (await get(this.url, '/health/live')).status === 200;
  }

  /** Resident memory in MiB. */
  memory(): number {
    const [, kib] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${this.pid}/status`, 'utf8')) ?? [];
    return Number(kib) / 1024;
  }

  /** Requests paths that make long log lines. @param from the number in the first path */
  async logLongLines(count: number, from = 0): Promise<void> {
    const agent = new Agent({ keepAlive: true });
    let next = from;
    const client = async (): Promise<void> => {
      while (next < from + count) {
        const asked = request(this.url, { path: `/line-${next++}-${'x'.repeat(LONG)}`, agent }).end();
        const [answer] = (await once(asked, 'response')) as [IncomingMessage];
        await once(answer.resume(), 'end');
      }
    };
    await Promise.all(Array.from({ length: 16 }, client));
    agent.destroy();
  }

  /** Sends a signal, and a second one on request. @returns the exit code, and the duration of the end in milliseconds */
  async end({ twice = false } = {}): Promise<{ readonly code: number | null; readonly ms: number }> {
    const startedMs = performance.now();
    const ended = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    // Within half a second, it counts as the same signal.
    const again = twice ? setTimeout(() => this.child.kill('SIGTERM'), 600) : undefined;
    await ended;
    clearTimeout(again);
    return { code: this.child.exitCode, ms: performance.now() - startedMs };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.hasEnded) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
  }
}
