// Wrong admin tokens: so many a minute are logged one by one and answered as such. The rest is told to wait, and counted.
import type { Logger } from '../observability/logger.js';

/** Wrong tokens in a window, from whatever address: a limit for each would lock out all who share a proxy's, or be none. */
const LIMIT = 20;
const WINDOW_MS = 60_000;

export class WrongTokens {
  private count = 0;
  private endMs = -Infinity;

  constructor(private readonly log: Logger) {}

  /**
   * Counts one more.
   * @param address where it came from: of the proxy when there is one
   * @returns how long its sender is to wait, in milliseconds; undefined while there are no more than the limit
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
    const tell = (): void => this.log.warn({ refused: this.count - LIMIT }, 'wrong admin tokens were refused with 429');
    setTimeout(tell, this.endMs - performance.now()).unref();
  }
}
