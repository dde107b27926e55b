// Keys with values that are too large to read. They are skipped for a while, so that one key does not delay the others.

/** How long a key is skipped, in milliseconds. Another process may overwrite it in the meantime. */
const SKIP_MS = 10_000;
/** Largest number of keys that are remembered. The oldest is dropped first. */
const MAX_KEYS = 1_000;

export class OversizedKeys {
  /** The end of the skip of each key, on the clock of `performance.now()`. */
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

  /** Call after the key was overwritten. */
  delete(key: string): void {
    this.untilMs.delete(key);
  }
}
