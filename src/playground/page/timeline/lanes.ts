// The lanes of the timeline: each running computation has one of its own, as long as there are enough.
import type { Bar } from './bar.js';

/** Number of lanes. */
export const LANES = 8;
/** Time that a label covers: in its bar, or after a shorter one. In milliseconds. */
const LABEL_MS = 3_000;
/** Shortest time between two bars in a lane, in milliseconds: room for the sign of the end. */
const GAP_MS = 600;

/** The first lane that is free for a bar and leaves the label before it readable; else a free one; else the one that was busy least. */
export function freeLane(bars: readonly Bar[], startMs: number): number {
  const ends = Array.from({ length: LANES }, () => -Infinity);
  const labels = [...ends];
  for (const { lane, startMs: from, endMs = Infinity } of bars) {
    ends[lane] = Math.max(ends[lane] ?? 0, endMs);
    labels[lane] = Math.max(labels[lane] ?? 0, endMs - from < LABEL_MS ? endMs + LABEL_MS : endMs);
  }
  const isFree = (end: number) => end + GAP_MS <= startMs;
  const readable = ends.findIndex((end, lane) => isFree(end) && (labels[lane] ?? 0) <= startMs);
  if (readable !== -1) return readable;
  const free = ends.findIndex(isFree);
  return free === -1 ? ends.lastIndexOf(Math.min(...ends)) : free;
}
