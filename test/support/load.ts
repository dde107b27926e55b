// Requests at a fixed rate in an open loop: slow answers do not reduce the rate.
import { Agent, get } from 'node:http';
import { text } from 'node:stream/consumers';
import { eventually } from './eventually.ts';
import { fibonacci } from './fibonacci.ts';
import { percentile } from './percentile.ts';

export interface LoadOptions {
  /** @default 200 */
  readonly perSecond?: number;
  /** The values of n from 0 that are requested in turn. @default 20 */
  readonly largestN?: number;
}

export interface LoadAnswer {
  readonly n: number;
  /** On the clock of `performance.now()`. */
  readonly sentMs: number;
  readonly latencyMs: number;
  /** 0 without an answer. */
  readonly status: number;
  /** The body, or the error without an answer. */
  readonly body: string;
  readonly isHit: boolean;
  /** The duration of the look-up in Server-Timing; NaN without it. */
  readonly lookupMs: number;
}

const TICK_MS = 5;
const PATIENCE_MS = 10_000;

/** Requests `/fib/:n` over as many kept connections as there are concurrent requests. */
export function startLoad(url: string, { perSecond = 200, largestN = 20 }: LoadOptions = {}): Load {
  return new Load(url, perSecond, largestN);
}

export class Load {
  /** The answers so far, in order of arrival. */
  readonly answers: LoadAnswer[] = [];
  private readonly agent = new Agent({ keepAlive: true });
  private readonly open = new Set<Promise<void>>();
  private readonly startedMs = performance.now();
  private readonly timer: NodeJS.Timeout;
  private readonly url: string;
  private readonly perSecond: number;
  private readonly largestN: number;
  private sent = 0;

  // Written out, because the bench runs this file with type stripping only.
  constructor(url: string, perSecond: number, largestN: number) {
    this.url = url;
    this.perSecond = perSecond;
    this.largestN = largestN;
    this.timer = setInterval(() => this.sendDueRequests(), TICK_MS);
  }

  /** The requests since that time that are answered. */
  sentBetween(fromMs: number, toMs = Number.POSITIVE_INFINITY): LoadAnswer[] {
    return this.answers.filter(({ sentMs }) => sentMs >= fromMs && sentMs < toMs);
  }

  /** Stops sending, and waits for the missing answers. */
  async stop(): Promise<readonly LoadAnswer[]> {
    clearInterval(this.timer);
    await Promise.all(this.open);
    this.agent.destroy();
    return this.answers;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  private sendDueRequests(): void {
    const due = ((performance.now() - this.startedMs) * this.perSecond) / 1_000;
    for (; this.sent < due; this.sent++) {
      const asked = this.ask(this.sent % (this.largestN + 1)).finally(() => this.open.delete(asked));
      this.open.add(asked);
    }
  }

  private async ask(n: number): Promise<void> {
    const sentMs = performance.now();
    const answer = await answerOf(`${this.url}/fib/${n}`, this.agent);
    this.answers.push({ n, sentMs, latencyMs: performance.now() - sentMs, ...answer });
  }
}

type Answer = Omit<LoadAnswer, 'n' | 'sentMs' | 'latencyMs'>;

function answerOf(url: string, agent: Agent): Promise<Answer> {
  return new Promise((resolve) => {
    const fail = (error: Error): void =>
      resolve({ status: 0, body: error.message, isHit: false, lookupMs: Number.NaN });
    const asked = get(url, { agent, timeout: PATIENCE_MS }, (response) => {
      const { statusCode: status = 0, headers } = response;
      const [, lookupMs] = /cache;dur=([\d.]+)/.exec(String(headers['server-timing'])) ?? [];
      const isHit = headers['cache-status'] === 'pluggable; hit';
      text(response).then((body) => resolve({ status, body, isHit, lookupMs: Number(lookupMs) }), fail);
    });
    asked.on('timeout', () => asked.destroy(new Error(`no answer within ${PATIENCE_MS} ms`))).on('error', fail);
  });
}

/** Waits for a hit among requests since that time, and returns the time from then to its request. */
export async function firstHitMs(load: Load, fromMs: number): Promise<number> {
  const hit = await eventually('a hit', () => load.sentBetween(fromMs).find(({ isHit }) => isHit));
  return hit.sentMs - fromMs;
}

/** The answers that are not 200 with the correct result, for failure messages. */
export function failuresAmong(answers: readonly LoadAnswer[]): LoadAnswer[] {
  return answers.filter(({ n, status, body }) => status !== 200 || body !== `{"result":${fibonacci(n)}}`);
}

/** The given percentile of the latency; NaN without answers. */
export function percentileOf(answers: readonly LoadAnswer[], time: 'latencyMs' | 'lookupMs', percent: number): number {
  return percentile(
    answers.map((answer) => answer[time]),
    percent,
  );
}
