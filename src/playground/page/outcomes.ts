// The names and signs of outcomes, the same in timeline, legend and table.
import { svg } from './dom.js';
import { icon } from './icon.js';

/** Signs as paths in a square of 12 x 12, so that no outcome is told by its colour alone. */
const SIGNS = {
  hit: 'M6 1.5v9',
  computed: 'M1 3.5h10v5h-10z',
  joined: 'M1 8.5h10M4 8.5v-5M8 8.5v-5',
  cancelled: 'M2.5 2.5l7 7M9.5 2.5l-7 7',
  refused: 'M6 1.5a4.5 4.5 0 1 1 0 9a4.5 4.5 0 1 1 0-9M3 6h6',
  'timed-out': 'M6 1.5a4.5 4.5 0 1 1 0 9a4.5 4.5 0 1 1 0-9M6 3.5v2.5l2 1.2',
  failed: 'M6 1.5l5 9h-10zM6 5v2.4M6 8.9v.3',
  own: 'M6 1.5l4.5 4.5l-4.5 4.5l-4.5-4.5z',
} as const;

export type SignName = keyof typeof SIGNS;

export function isSign(name: string): name is SignName {
  return Object.hasOwn(SIGNS, name);
}

/** A sign as a shape around the origin, for the timeline. */
export function signShape(name: SignName): SVGGElement {
  return svg('g', { class: `sign ${name}` }, svg('path', { d: SIGNS[name], transform: 'translate(-6 -6)' }));
}

/** A sign as an image of its own. */
export function signIcon(name: SignName): SVGSVGElement {
  return icon(SIGNS[name], name);
}

/** Outcomes as words of the page. */
export const OUTCOME_TEXTS: Readonly<Record<string, string>> = {
  hit: 'hit',
  computed: 'computed',
  answered: 'computed',
  joined: 'joined',
  cancelled: 'cancelled',
  refused: 'refused',
  'timed-out': 'timed out',
  failed: 'failed',
  lost: 'end unknown',
};
