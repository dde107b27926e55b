// The options of the playground, and its limit of a burst.
import type { PageFacts } from './page-facts.js';

/** Most requests of a burst. */
export const MAX_BURST = 200;

export type PlaygroundOptions = Omit<PageFacts, 'maxBurst'>;

export const PLAYGROUND_OPTIONS = Symbol('playground options');
