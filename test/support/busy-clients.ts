// Clients in a closed loop that compare each answer, as background load.
import type { Program } from './program.js';
import { get } from './request.js';

const RESULTS: readonly (readonly [n: number, result: number])[] = [
  [0, 0],
  [1, 1],
  [10, 55],
  [20, 6_765],
  [30, 832_040],
];
const CLIENTS = 4;

export class BusyClients {
  answered = 0;
  /** The answers that are not 200 with the correct result. */
  readonly wrong: unknown[] = [];
  private isOver = false;
  private readonly running: Promise<unknown>;

  constructor({ url }: Program) {
    this.running = Promise.all(Array.from({ length: CLIENTS }, (_, first) => this.ask(url, first)));
  }

  async stop(): Promise<void> {
    this.isOver = true;
    await this.running;
  }

  private async ask(url: string, first: number): Promise<void> {
    for (let turn = first; !this.isOver; turn++) {
      const [n, result] = RESULTS[turn % RESULTS.length] ?? [0, 0];
      const { status, body } = await get(url, `/fib/${n}`);
      this.answered++;
      if (status !== 200 || JSON.stringify(body) !== `{"result":${result}}`) this.wrong.push({ n, status, body });
    }
  }
}
