// What the timeline shows: hits, computations and events of plugins of the last seconds.
import type { LiveLoad, PluginEventMessage, RequestsMessage } from '../../../events/live-message.js';
import type { RequestStep } from '../../../fibonacci/request-step.js';
import type { Bar } from './bar.js';
import { Computations } from './computations.js';
import { HitLane, type HitLine } from './hit-lane.js';
import { type PluginMark, PluginMarks } from './plugin-marks.js';

/** Time that the timeline shows, in milliseconds. */
export const WINDOW_MS = 30_000;
/** Elements stay for this time after they have left the timeline, in milliseconds. */
const MARGIN_MS = 1_000;

export class TimelineModel {
  private readonly computations: Computations;
  private readonly hitLane = new HitLane();
  private readonly pluginMarks = new PluginMarks();
  private isIdle = false;

  /** @param isOwn whether a request came from this page */
  constructor(private readonly isOwn: (id: string) => boolean) {
    this.computations = new Computations(isOwn);
  }

  get bars(): readonly Bar[] {
    return this.computations.bars;
  }

  get hits(): Iterable<HitLine> {
    return this.hitLane.all();
  }

  get marks(): readonly PluginMark[] {
    return this.pluginMarks.marks;
  }

  applyRequests({ nowMs, steps, omitted }: RequestsMessage): void {
    for (const step of steps) this.applyStep(step);
    if (omitted?.hit !== undefined && omitted.hit > 0) this.hitLane.add(nowMs, false, undefined, omitted.hit);
    this.prune(nowMs);
  }

  applyPlugin(event: PluginEventMessage): void {
    this.pluginMarks.add(event);
  }

  /** While nothing is computed, a running bar has lost its end: the service leaves out steps when there are too many. */
  applyLoad({ busy, queued }: Pick<LiveLoad, 'busy' | 'queued'>, nowMs: number): void {
    const isIdle = busy === 0 && queued === 0;
    // Ends that came before the first idle state follow it.
    if (isIdle && this.isIdle) this.lose(nowMs);
    this.isIdle = isIdle;
  }

  /** The events have ended: running computations have no known end. */
  lose(nowMs: number): void {
    this.computations.loseAll(nowMs);
  }

  /** Drops what has left the timeline. */
  prune(nowMs: number): void {
    const oldestMs = nowMs - WINDOW_MS - MARGIN_MS;
    this.computations.prune(oldestMs, nowMs);
    this.hitLane.prune(oldestMs);
    this.pluginMarks.prune(oldestMs);
  }

  private applyStep(step: RequestStep): void {
    if (step.step === 'hit') this.hitLane.add(step.atMs, this.isOwn(step.id), step.n);
    else this.computations.apply(step);
  }
}
