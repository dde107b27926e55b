// The parts of the timeline that do not move: its lanes, its axis and the line of now.
import { svg } from '../dom.js';
import { HITS_BOTTOM_PX, LABEL_ROWS_PX, LANES_BOTTOM_PX, type Scale } from './timeline-geometry.js';
import { WINDOW_MS } from './timeline-model.js';

/** Seconds between two labels of the axis; wider apart on a narrow screen. */
const STEP_S = 5;
const NARROW_PX = 480;

export function frameOf(scale: Scale): SVGElement[] {
  const { nowX, pxPerMs, width } = scale;
  const elements: SVGElement[] = [
    svg('rect', {
      class: 'hit-lane',
      x: 0,
      y: LABEL_ROWS_PX,
      width: nowX,
      height: HITS_BOTTOM_PX - LABEL_ROWS_PX,
      rx: 4,
    }),
    svg('text', { class: 'lane-name', x: nowX + 10, y: (LABEL_ROWS_PX + HITS_BOTTOM_PX) / 2 }, 'hits'),
  ];
  const step = width < NARROW_PX ? STEP_S * 2 : STEP_S;
  for (let seconds = WINDOW_MS / 1_000; seconds >= 0; seconds -= step) {
    const x = nowX - seconds * 1_000 * pxPerMs;
    const isNow = seconds === 0;
    const anchor = x < 10 ? 'start' : 'middle';
    const label = isNow ? 'now' : `−${seconds} s`;
    const top = isNow ? LABEL_ROWS_PX : HITS_BOTTOM_PX + 6;
    elements.push(svg('line', { class: isNow ? 'now' : 'grid', x1: x, x2: x, y1: top, y2: LANES_BOTTOM_PX }));
    elements.push(svg('text', { class: 'axis', x, y: LANES_BOTTOM_PX + 14, 'text-anchor': anchor }, label));
  }
  return elements;
}
