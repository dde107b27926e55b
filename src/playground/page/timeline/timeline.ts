// The timeline in motion: it moves with each frame, or each second for people who want less motion.
import { TimelineModel } from './timeline-model.js';
import { TimelineView } from './timeline-view.js';

/** Labels of long bars are put in place again after this time, in milliseconds. */
const REFRESH_MS = 1_000;
/** With less motion, the timeline moves each second: at full seconds, unless a move was late. In milliseconds. */
const STEP_MS = 1_000;
const SHORTEST_STEP_MS = 950;

export class Timeline {
  private readonly view: TimelineView;
  private readonly lessMotion = matchMedia('(prefers-reduced-motion: reduce)');
  private isChanged = false;
  private pausedMs: number | undefined;
  private updatedMs = 0;

  constructor(
    place: HTMLElement,
    readonly model: TimelineModel,
    private readonly nowMs: () => number,
  ) {
    this.view = new TimelineView(place, model, this.shownMs());
    new ResizeObserver(() => this.view.resize(place.clientWidth, this.shownMs())).observe(place);
    this.next();
  }

  /** Tells that the model has changed. */
  changed(): void {
    this.isChanged = true;
  }

  /** Stops or continues the motion. The model goes on. */
  pause(isPaused: boolean): void {
    this.pausedMs = isPaused ? this.shownMs() : undefined;
  }

  /** A hidden page has no frames, so it does no work. */
  private next(): void {
    requestAnimationFrame(() => {
      if (this.pausedMs === undefined) this.show(this.shownMs());
      if (this.lessMotion.matches)
        setTimeout(() => this.next(), Math.max(STEP_MS - (this.nowMs() % STEP_MS), SHORTEST_STEP_MS));
      else this.next();
    });
  }

  private show(nowMs: number): void {
    if (!this.isChanged && nowMs - this.updatedMs < REFRESH_MS) return this.view.move(nowMs);
    this.isChanged = false;
    this.updatedMs = nowMs;
    this.model.prune(nowMs);
    this.view.update(nowMs);
  }

  private shownMs(): number {
    const nowMs = this.pausedMs ?? this.nowMs();
    return this.lessMotion.matches ? nowMs - (nowMs % STEP_MS) : nowMs;
  }
}
