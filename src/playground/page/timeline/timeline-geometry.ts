// Places on the timeline, in pixels.
import { LANES } from './lanes.js';
import { WINDOW_MS } from './timeline-model.js';

/** Space right of "now", for the labels of bars that have just begun. */
const FUTURE_PX = 84;
export const LABEL_ROWS_PX = 30;
export const HITS_PX = 30;
const LANE_PX = 24;
export const BAR_PX = 17;
const AXIS_PX = 20;

export const HITS_BOTTOM_PX = LABEL_ROWS_PX + HITS_PX;
const LANES_TOP_PX = HITS_BOTTOM_PX + 10;
export const LANES_BOTTOM_PX = LANES_TOP_PX + LANES * LANE_PX;
export const HEIGHT_PX = LANES_BOTTOM_PX + AXIS_PX;

export function laneTop(lane: number): number {
  return LANES_TOP_PX + lane * LANE_PX + (LANE_PX - BAR_PX) / 2;
}

/** The scale of a timeline of this width. */
export class Scale {
  readonly nowX: number;
  readonly pxPerMs: number;

  /** @param originMs time of x = 0 in the moving group */
  constructor(
    readonly width: number,
    readonly originMs: number,
  ) {
    this.nowX = width - FUTURE_PX;
    this.pxPerMs = this.nowX / WINDOW_MS;
  }

  /** The place of a time in the moving group. */
  x(atMs: number): number {
    return Math.round((atMs - this.originMs) * this.pxPerMs * 10) / 10;
  }

  /** The shift of the moving group, in whole pixels of the screen: fewer frames change something. */
  shift(nowMs: number, pixelRatio: number): number {
    const exact = this.nowX - (nowMs - this.originMs) * this.pxPerMs;
    return Math.round(exact * pixelRatio) / pixelRatio;
  }
}
