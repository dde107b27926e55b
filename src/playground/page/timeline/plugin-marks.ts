// The events of plugins on the timeline. Those of one moment are one mark: a swap opens, swaps and closes.
import type { PluginEventMessage } from '../../../events/live-message.js';

/** Events within this time are one mark, in milliseconds. */
const TOGETHER_MS = 600;
const MAX_MARKS = 20;
/** A mark is labelled by its first event in this order. */
const BY_PRIORITY = 'swapped ended start-failed breaker-open restarted breaker-closed opened closed'.split(' ');

export interface PluginMark {
  readonly key: number;
  readonly atMs: number;
  /** Row of the label: labels of neighbours are in different rows. */
  readonly row: 0 | 1;
  readonly events: PluginEventMessage[];
}

export class PluginMarks {
  readonly marks: PluginMark[] = [];
  private nextKey = 1;

  add(event: PluginEventMessage): void {
    const last = this.marks.at(-1);
    if (last !== undefined && event.nowMs - last.atMs <= TOGETHER_MS) {
      last.events.push(event);
      return;
    }
    this.marks.push({ key: this.nextKey++, atMs: event.nowMs, row: last?.row === 0 ? 1 : 0, events: [event] });
    if (this.marks.length > MAX_MARKS) this.marks.shift();
  }

  /** Drops the marks before a time. */
  prune(oldestMs: number): void {
    while ((this.marks[0]?.atMs ?? Infinity) < oldestMs) this.marks.shift();
  }
}

/** The event that labels a mark. */
export function mainEvent(events: readonly PluginEventMessage[]): PluginEventMessage | undefined {
  for (const name of BY_PRIORITY) {
    const found = events.find(({ event }) => event === name);
    if (found !== undefined) return found;
  }
  return events[0];
}

/** Text of an event: `get: breaker open`, `acme-cache ended`. */
export function eventText({ event, plugin, method }: PluginEventMessage): string {
  if (event.startsWith('breaker-')) return `${method ?? plugin}: ${event.replace('-', ' ')}`;
  if (event === 'swapped') return `swapped: ${plugin}`;
  return `${plugin} ${event.replace('-', ' ')}`;
}
