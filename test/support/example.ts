// An example as a real process that prints its address, ended by its process id.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { eventually } from './eventually.js';
import { type Answer, ask } from './request.js';

type Headers = Readonly<Record<string, string>>;

/**
 * Starts the example on a free port of loopback, and waits until it listens.
 * @param node the node that runs it. @default the one that runs the tests
 */
export async function startExample(
  main: string,
  env: Readonly<Record<string, string>>,
  node = process.execPath,
): Promise<Example> {
  const example = new Example(
    spawn(node, [main], {
      cwd: tmpdir(),
      env: { NO_COLOR: '1', PORT: '0', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  );
  try {
    await eventually('the example listening', () => example.isListening());
    return example;
  } catch (error) {
    await example[Symbol.asyncDispose]();
    throw error;
  }
}

export class Example implements AsyncDisposable {
  /** The whole output so far. */
  output = '';
  private readonly exit: Promise<unknown>;

  constructor(private readonly child: ChildProcess) {
    this.exit = once(child, 'exit');
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    }
  }

  isListening(): boolean {
    const { exitCode, signalCode } = this.child;
    if (exitCode !== null || signalCode !== null) throw new Error(`the example has ended: ${this.output}`);
    return this.url !== undefined;
  }

  async get(path: string): Promise<Answer> {
    return await ask(String(this.url), path).answer;
  }

  async post(path: string, body: unknown, headers: Headers = {}): Promise<Answer> {
    return await ask(String(this.url), path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: Buffer.from(JSON.stringify(body)),
    }).answer;
  }

  /** Ends it by SIGTERM, and resolves when it has ended. */
  async stop(): Promise<void> {
    this.child.kill('SIGTERM');
    await this.exit;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exit;
  }

  private get url(): string | undefined {
    return /^listening on (\S+)$/m.exec(this.output)?.[1];
  }
}
