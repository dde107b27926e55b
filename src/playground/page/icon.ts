// Icons: a path in a square of 12 x 12, beside a text that says the same.
import { svg } from './dom.js';

/** @param name class for its colour */
export function icon(d: string, name = ''): SVGSVGElement {
  const attributes = { class: `icon ${name}`, viewBox: '0 0 12 12', width: 12, height: 12, 'aria-hidden': 'true' };
  return svg('svg', attributes, svg('path', { d }));
}
