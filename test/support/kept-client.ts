// A client that keeps its connection, sends the next request after each answer, and leaves on request.
import { Agent, get, type IncomingMessage } from 'node:http';
import { once } from 'node:events';

export class KeptClient {
  answered = 0;
  /** The failure of each request that was not answered with 200. */
  readonly failures: string[] = [];
  /** Whether an answer had `Connection: close`. */
  isTold = false;
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 1 });

  constructor(private readonly url: string) {}

  /**
   * Sends requests until it is stopped or fails.
   * @param nextPath called for each request
   * @param isOver once true, a refused connection is not a failure, because it is a new connection
   */
  async run(nextPath: () => string, isOver: () => boolean): Promise<void> {
    while (!this.isTold || !isOver()) {
      const wasOver = isOver();
      try {
        await this.ask(nextPath());
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
        if (!(wasOver && this.isTold && code === 'ECONNREFUSED')) this.failures.push(code);
        break;
      }
    }
    this.agent.destroy();
  }

  private async ask(path: string): Promise<void> {
    const [response] = (await once(get(this.url + path, { agent: this.agent }), 'response')) as [IncomingMessage];
    await once(response.resume(), 'end');
    if (response.statusCode === 200) this.answered += 1;
    else this.failures.push(String(response.statusCode));
    this.isTold = response.headers.connection === 'close';
  }
}
