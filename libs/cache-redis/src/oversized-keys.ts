// The keys whose values are too large to be read: not asked for again for a while, so that one key costs the others little.

/** How long a key is not asked for, in milliseconds. Another process may overwrite it. */
const SKIP_MS = 10_000;
/** How many keys are remembered. The oldest is forgotten first. */
const MAX_KEYS = 1_000;

export class OversizedKeys {
  /** Until when each is skipped, on the clock of `performance.now()`. */
  private readonly untilMs = new Map<string, number>();

  get isEmpty(): boolean {
    return this.untilMs.size === 0;
  }

  add(key: string): void {
    const [oldest] = this.untilMs.keys();
    if (this.untilMs.size >= MAX_KEYS && oldest !== undefined) this.untilMs.delete(oldest);
    this.untilMs.set(key, performance.now() + SKIP_MS);
  }

  has(key: string): boolean {
    if (this.isEmpty) return false;
    const untilMs = this.untilMs.get(key);
    if (untilMs === undefined || performance.now() < untilMs) return untilMs !== undefined;
    this.untilMs.delete(key);
    return false;
  }

  /** It was overwritten. */
  delete(key: string): void {
    this.untilMs.delete(key);
  }
}
