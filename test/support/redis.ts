// A real redis-server on a free port of loopback that can be killed, frozen and restarted.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';

const run = promisify(execFile);

export interface RedisOptions {
  /** Directives of redis.conf, as arguments. */
  readonly args?: readonly string[];
  /** Speaks TLS only. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string };
  /** Is a Sentinel, which keeps its state in this file. */
  readonly sentinelFile?: string;
}

export async function startRedis({ args = [], tls, sentinelFile }: RedisOptions = {}): Promise<RedisServer> {
  const port = await freePort();
  const listening =
    tls === undefined
      ? ['--port', `${port}`]
      : [
          '--port',
          '0',
          '--tls-port',
          `${port}`,
          '--tls-cert-file',
          tls.certFile,
          '--tls-key-file',
          tls.keyFile,
          '--tls-auth-clients',
          'no',
        ];
  const server = new RedisServer(port, [...listening, ...args], sentinelFile, tls?.certFile);
  await server.start();
  return server;
}

export class RedisServer {
  readonly port: number;
  private readonly args: readonly string[];
  private readonly sentinelFile: string | undefined;
  private readonly trustedFile: string | undefined;
  private child: ChildProcess | undefined;

  // Written out, because the drills run this file with type stripping only.
  constructor(port: number, args: readonly string[], sentinelFile?: string, trustedFile?: string) {
    this.port = port;
    this.args = args;
    this.sentinelFile = sentinelFile;
    this.trustedFile = trustedFile;
  }

  /** For REDIS_ADDR. */
  get addr(): string {
    return `127.0.0.1:${this.port}`;
  }

  /**
   * Starts the server: empty, or with the data that SAVE has written to the folder of `--dir`.
   * @param args directives for this run only
   * @param until the log text that marks the end of the start
   */
  async start(
    args: readonly string[] = [],
    until = this.sentinelFile === undefined ? 'Ready to accept connections' : 'Sentinel ID is',
  ): Promise<void> {
    const kind =
      this.sentinelFile === undefined
        ? ['--save', '', '--dir', tmpdir(), '--dbfilename', `${this.port}.rdb`]
        : [this.sentinelFile, '--sentinel'];
    const settings = [...kind, '--bind', '127.0.0.1', ...this.args, ...args];
    const child = spawn('redis-server', settings, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.child = child;
    for await (const line of createInterface(child.stdout)) {
      if (!line.includes(until)) continue;
      child.stdout.resume();
      return;
    }
    throw new Error(`redis-server did not start on port ${this.port}`);
  }

  /** Kills it; clients get no notice. */
  async kill(): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (child === undefined || child.exitCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  /** It keeps its connections and answers nothing. */
  freeze(): void {
    this.child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.child?.kill('SIGCONT');
  }

  /** The output of redis-cli for a command. */
  async cli(...command: readonly string[]): Promise<string> {
    // The certificate is for the name, not for the address.
    const tls = this.trustedFile === undefined ? [] : ['-h', 'localhost', '--tls', '--cacert', this.trustedFile];
    const { stdout } = await run('redis-cli', [...tls, '-p', String(this.port), ...command]);
    return stdout.trimEnd();
  }

  /** The commands to the server from now on, as printed by redis-cli monitor. */
  async monitor(): Promise<Monitor> {
    const monitor = new Monitor(this);
    await monitor.caughtUp();
    return monitor;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

export class Monitor {
  private readonly lines: string[] = [];
  private readonly server: RedisServer;
  private readonly child: ChildProcess;
  private markers = 0;

  constructor(server: RedisServer) {
    this.server = server;
    const child = spawn('redis-cli', ['-p', String(server.port), 'monitor'], { stdio: ['ignore', 'pipe', 'inherit'] });
    createInterface(child.stdout).on('line', (line) => this.lines.push(line));
    this.child = child;
  }

  /** Waits until all earlier commands are printed. */
  async caughtUp(): Promise<void> {
    const marker = `marker-${(this.markers += 1)}`;
    await eventually('the marker in redis-cli monitor', async () => {
      await this.server.cli('ECHO', marker);
      return this.lines.some((line) => line.includes(marker));
    });
  }

  /** The commands with one of these names, with their arguments: `GET "20"`. */
  async commands(...names: readonly string[]): Promise<string[]> {
    await this.caughtUp();
    return this.lines
      .map((line) => /\] "(\w+)" ?(.*)$/.exec(line))
      .filter((match) => match !== null)
      .map(([, name = '', args = '']) => `${name.toUpperCase()} ${args}`)
      .filter((command) => names.some((name) => command.startsWith(`${name} `)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }
}
