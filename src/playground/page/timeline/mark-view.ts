// The events of a plugin as a labelled line across the timeline.
import { setAttributes, setText, svg } from '../dom.js';
import { eventText, mainEvent, type PluginMark } from './plugin-marks.js';
import { LABEL_ROWS_PX, LANES_BOTTOM_PX, type Scale } from './timeline-geometry.js';

const ROW_PX = 13;

export function markShape(): SVGGElement {
  return svg('g', { class: 'mark' }, svg('line'), svg('text', { 'text-anchor': 'end', dx: -4 }), svg('title'));
}

/** Updates line and label for the events. */
export function showMark(mark: SVGGElement, { atMs, row, events }: PluginMark, scale: Scale): void {
  const main = mainEvent(events);
  const [line, text, title] = mark.children;
  if (main === undefined || !line || !text || !title) return;
  const x = scale.x(atMs);
  setAttributes(mark, { 'data-event': main.event });
  setAttributes(line, { x1: x, x2: x, y1: ROW_PX * row, y2: LANES_BOTTOM_PX });
  setAttributes(text, { x, y: LABEL_ROWS_PX / 3 + ROW_PX * row });
  setText(text, eventText(main));
  setText(title, events.map(eventText).join('; '));
}
