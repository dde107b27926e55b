// A rate limit for wrong admin tokens. Up to the limit, each is logged and gets 401; further ones get 429 and are counted.
import type { Logger } from '../observability/logger.js';

/** Wrong tokens per window, from all addresses: a limit per address would lock out all clients of a proxy, or have no effect. */
const LIMIT = 20;
const WINDOW_MS = 60_000;

export class WrongTokens {
  private count = 0;
  private endMs = -Infinity;

  constructor(private readonly log: Logger) {}

  /**
   * Counts a wrong token.
   * @param address the address of the sender, or of its proxy
   * @returns the time that the sender should wait, in milliseconds; undefined up to the limit
   */
  add(address: string | undefined): number | undefined {
    const nowMs = performance.now();
    if (nowMs >= this.endMs) {
      this.count = 0;
      this.endMs = nowMs + WINDOW_MS;
    }
    this.count += 1;
    if (this.count <= LIMIT) {
      this.log.warn({ address }, 'wrong admin token');
      return undefined;
    }
    if (this.count === LIMIT + 1) this.throttle(address);
    return this.endMs - nowMs;
  }

  private throttle(address: string | undefined): void {
    const fields = { address, limit: LIMIT, windowMs: WINDOW_MS };
    this.log.warn(fields, 'too many wrong admin tokens; further ones get 429 and are counted only');
    const report = (): void =>
      this.log.warn({ refused: this.count - LIMIT }, 'wrong admin tokens were refused with 429');
    setTimeout(report, this.endMs - performance.now()).unref();
  }
}
