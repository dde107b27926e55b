// Clients in a closed loop, each with a connection that it keeps. They compare each answer.
import { Agent, get, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fibonacci } from './fibonacci.ts';

/** Each client requests `/fib/:n` in turn for the values of n from 0 to this, until it is stopped or fails. */
const LARGEST_N = 30;

export class KeptClients implements AsyncDisposable {
  answered = 0;
  hits = 0;
  /** The connections that clients have opened. */
  connections = 0;
  /** The answers that are not 200 with the correct result, and the errors. */
  readonly failures: string[] = [];
  /** False once a client has failed. */
  isRunning = true;
  private isOver = false;
  private readonly loops: Promise<unknown>;

  constructor(url: string, count: number) {
    this.loops = Promise.all(Array.from({ length: count }, (_, first) => this.run(url, first)));
  }

  async stop(): Promise<void> {
    this.isOver = true;
    await this.loops;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  private async run(url: string, first: number): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    let succeeds = true;
    for (let turn = first; succeeds && !this.isOver; turn++) {
      succeeds = await this.ask(url, turn % (LARGEST_N + 1), agent);
    }
    agent.destroy();
  }

  private async ask(url: string, n: number, agent: Agent): Promise<boolean> {
    try {
      const asked = get(`${url}/fib/${n}`, { agent });
      const [response] = (await once(asked, 'response')) as [IncomingMessage];
      const body = await text(response);
      if (!asked.reusedSocket) this.connections += 1;
      if (response.headers['cache-status'] === 'pluggable; hit') this.hits += 1;
      const isRight = response.statusCode === 200 && body === `{"result":${fibonacci(n)}}`;
      if (isRight) this.answered += 1;
      else this.fail(`n = ${n}: ${response.statusCode} ${body}`);
      return isRight;
    } catch (error) {
      this.fail(`n = ${n}: ${String(error)}`);
      return false;
    }
  }

  private fail(failure: string): void {
    this.failures.push(failure);
    this.isRunning = false;
  }
}
