// The hits of a short time as one line on the timeline.
import { setAttributes, setText, svg } from '../dom.js';
import type { HitLine } from './hit-lane.js';
import { HITS_BOTTOM_PX, HITS_PX, type Scale } from './timeline-geometry.js';

/** Height of one hit, and of twice as many. */
const ONE_PX = 8;
const TWICE_PX = 4;

export function hitShape(): SVGLineElement {
  return svg('line', { class: 'hit-line' }, svg('title'));
}

/** Updates the line for the hits. */
export function showHit(line: SVGLineElement, { atMs, isOwn, count, ns }: HitLine, scale: Scale): void {
  const x = scale.x(atMs);
  const height = Math.min(ONE_PX + TWICE_PX * Math.log2(count), HITS_PX - 2);
  const names = [...ns];
  setAttributes(line, { x1: x, x2: x, y1: HITS_BOTTOM_PX, y2: HITS_BOTTOM_PX - height });
  setAttributes(line, { 'data-outcome': 'hit', 'data-n': names.join(' '), 'data-own': isOwn, 'data-count': count });
  const title = line.firstElementChild;
  if (title) setText(title, `${count} × from the cache: ${names.map((n) => `fib(${n})`).join(', ')}`);
}
