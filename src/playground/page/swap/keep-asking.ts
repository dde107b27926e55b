// Requests at a modest rate during a swap, to see that none of them fails.

/** Time between two requests, in milliseconds. */
const EVERY_MS = 50;
/** A request without an answer for this time has failed, in milliseconds. */
const ANSWER_MS = 10_000;
/** Largest number of requests without an answer. */
const MAX_WAITING = 4;
/** Fast to compute, so that a cold cache does not stop the requests. */
const N = 25;

export class KeepAsking {
  private asked = 0;
  private failed = 0;
  private readonly pending = new Set<Promise<void>>();
  private timer: ReturnType<typeof setInterval> | undefined;

  /** @param onCount gets the number of requests and of failed ones */
  constructor(
    private readonly ids: { next(): string },
    private readonly onCount: (asked: number, failed: number) => void,
  ) {}

  /** Resolves when the first request has ended. */
  async start(): Promise<void> {
    await this.ask();
    this.timer = setInterval(() => this.pending.size < MAX_WAITING && void this.ask(), EVERY_MS);
  }

  /** Goes on for a time, in milliseconds. Resolves when all requests have ended, so that no count comes later. Never rejects. */
  async stopAfter(ms: number): Promise<void> {
    await new Promise((resolve) => {
      setTimeout(resolve, ms);
    });
    clearInterval(this.timer);
    await Promise.allSettled(this.pending);
  }

  private async ask(): Promise<void> {
    const asking = this.askOnce();
    this.pending.add(asking);
    await asking;
    this.pending.delete(asking);
  }

  private async askOnce(): Promise<void> {
    const isAnswered = await this.isAnswered().catch(() => false);
    this.asked += 1;
    if (!isAnswered) this.failed += 1;
    this.onCount(this.asked, this.failed);
  }

  private async isAnswered(): Promise<boolean> {
    const headers = { 'X-Request-Id': this.ids.next() };
    const signal = AbortSignal.timeout(ANSWER_MS);
    const response = await fetch(`fib/${N}`, { cache: 'no-store', headers, signal });
    await response.arrayBuffer();
    return response.ok;
  }
}
