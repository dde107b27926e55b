// The hits on the timeline: one line for those of a short time, because there can be thousands a second.

/** Time of one line, in milliseconds. */
const SLOT_MS = 150;
/** Largest number of different n that a line names. */
const MAX_NAMES = 8;

export interface HitLine {
  readonly key: string;
  readonly atMs: number;
  readonly isOwn: boolean;
  count: number;
  readonly ns: Set<number>;
}

export class HitLane {
  private readonly lines = new Map<string, HitLine>();

  /** @param n undefined for hits of which only the number is known */
  add(atMs: number, isOwn: boolean, n?: number, count = 1): void {
    const slot = Math.floor(atMs / SLOT_MS);
    const key = `${slot}${isOwn ? ' own' : ''}`;
    const line = this.lines.get(key) ?? { key, atMs: slot * SLOT_MS, isOwn, count: 0, ns: new Set() };
    line.count += count;
    if (n !== undefined && line.ns.size < MAX_NAMES) line.ns.add(n);
    this.lines.set(key, line);
  }

  /** Drops the lines before a time. */
  prune(oldestMs: number): void {
    for (const [key, line] of this.lines) if (line.atMs < oldestMs) this.lines.delete(key);
  }

  all(): Iterable<HitLine> {
    return this.lines.values();
  }
}
