// From steps of requests to bars of computations. Steps come in their order; some can be missing.
import type { RequestStep } from '../../../fibonacci/request-step.js';
import { type Bar, type BarEnd, endBar } from './bar.js';
import { freeLane } from './lanes.js';

/** Largest number of bars, and of marks on each. Older ones are dropped. */
const MAX_BARS = 100;
const MAX_MARKS = 60;
/** All requests of a computation are answered within this time, in milliseconds; some join while its value is stored. */
const TOGETHER_MS = 300;
/** After this time, the end of a bar counts as lost, in milliseconds. */
const LONGEST_MS = 180_000;

export class Computations {
  /** By their start. */
  readonly bars: Bar[] = [];
  /** The bars of the requests that wait, by their ids. */
  private readonly byId = new Map<string, Bar>();
  private nextKey = 1;

  /** @param isOwn whether a request came from this page */
  constructor(private readonly isOwn: (id: string) => boolean) {}

  /** Takes any step but `hit`. */
  apply(step: RequestStep): void {
    if (step.step === 'started') this.start(step);
    else if (step.step === 'joined') this.join(step);
    else if (step.step !== 'hit') this.leave(step, step.step);
  }

  /** Ends all bars: their steps will not come. */
  loseAll(atMs: number): void {
    for (const bar of this.bars) if (bar.endMs === undefined) endBar(bar, 'lost', atMs);
  }

  /** Drops the bars that ended before a time. */
  prune(oldestMs: number, nowMs: number): void {
    for (const bar of this.bars) {
      if (bar.endMs === undefined && nowMs - bar.startMs > LONGEST_MS) endBar(bar, 'lost', nowMs);
    }
    this.keep((bar) => bar.endMs === undefined || bar.endMs >= oldestMs);
  }

  private start(step: RequestStep): void {
    const before = this.running(step.n);
    if (before !== undefined) endBar(before, 'lost', step.atMs);
    this.add(this.open(step.n, step.atMs, true), step);
  }

  private join(step: RequestStep): void {
    const bar = this.running(step.n) ?? this.justAnswered(step) ?? this.open(step.n, step.atMs, false);
    this.add(bar, step);
    mark(bar.joins, { atMs: step.atMs, isOwn: this.isOwn(step.id) });
  }

  private leave(step: RequestStep, end: Exclude<BarEnd, 'lost'>): void {
    const known = this.byId.get(step.id);
    const bar = known?.n === step.n ? known : this.barOfUnknown(step);
    this.byId.delete(step.id);
    bar.waiting.delete(step.id);
    if (end === 'cancelled') {
      if (step.atMs > (bar.endMs ?? Infinity)) return;
      mark(bar.leaves, { atMs: step.atMs, isOwn: this.isOwn(step.id) });
      if (bar.waiting.size === 0 && bar.endMs === undefined) endBar(bar, 'cancelled', step.atMs);
    } else if (bar.endMs === undefined || bar.end === 'cancelled' || bar.end === 'lost') {
      // An answer after the last known request left belongs to a request that was left out.
      endBar(bar, end, step.atMs);
    }
  }

  /** The bar of a request whose first step did not come. */
  private barOfUnknown(step: RequestStep): Bar {
    const arrivedMs = step.atMs - step.durationMs;
    const lasted = this.bars.findLast(
      ({ n, end, endMs = Infinity }) =>
        n === step.n &&
        (endMs === Infinity ||
          (end === step.step && step.atMs - endMs <= TOGETHER_MS) ||
          ((end === 'cancelled' || end === 'lost') && arrivedMs < endMs)),
    );
    const bar = lasted ?? this.open(step.n, arrivedMs, false);
    this.add(bar, step);
    return bar;
  }

  private running(n: number): Bar | undefined {
    return this.bars.findLast((bar) => bar.n === n && bar.endMs === undefined);
  }

  private justAnswered({ n, atMs }: RequestStep): Bar | undefined {
    return this.bars.findLast((bar) => bar.n === n && bar.end === 'answered' && atMs - (bar.endMs ?? 0) <= TOGETHER_MS);
  }

  private open(n: number, startMs: number, isStartKnown: boolean): Bar {
    const bar: Bar = {
      key: this.nextKey++,
      n,
      lane: freeLane(this.bars, startMs),
      startMs,
      isStartKnown,
      endMs: undefined,
      end: undefined,
      requests: 0,
      isOwn: false,
      joins: [],
      leaves: [],
      waiting: new Set(),
    };
    this.bars.push(bar);
    if (this.bars.length > MAX_BARS) this.keep((one) => one !== this.bars[0]);
    return bar;
  }

  private add(bar: Bar, { id }: RequestStep): void {
    bar.requests += 1;
    bar.isOwn ||= this.isOwn(id);
    if (bar.endMs === undefined) bar.waiting.add(id);
    this.byId.set(id, bar);
  }

  private keep(isKept: (bar: Bar) => boolean): void {
    const kept = new Set(this.bars.filter(isKept));
    if (kept.size === this.bars.length) return;
    this.bars.splice(0, this.bars.length, ...kept);
    for (const [id, bar] of this.byId) if (!kept.has(bar)) this.byId.delete(id);
  }
}

function mark(marks: { atMs: number; isOwn: boolean }[], moment: { atMs: number; isOwn: boolean }): void {
  marks.push(moment);
  if (marks.length > MAX_MARKS) marks.shift();
}
