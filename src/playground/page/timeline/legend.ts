// The legend of the timeline.
import { html } from '../dom.js';
import { type SignName, signIcon } from '../outcomes.js';

const ENTRIES: readonly (readonly [SignName, string])[] = [
  ['hit', 'hit'],
  ['computed', 'computation'],
  ['joined', 'joined'],
  ['cancelled', 'cancelled'],
  ['refused', 'refused'],
  ['timed-out', 'timed out'],
  ['failed', 'failed'],
  ['own', 'this page'],
];

export function showLegend(list: HTMLElement): void {
  list.replaceChildren(...ENTRIES.map(([sign, text]) => html('li', {}, signIcon(sign), text)));
}
