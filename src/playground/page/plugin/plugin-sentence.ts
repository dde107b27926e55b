// The state of a plugin as a sentence for a visitor.
import type { LivePluginState } from '../../../events/live-message.js';

/** How serious a state is: each has a sign of its own besides its colour. */
export type Severity = 'good' | 'warning' | 'bad' | 'neutral';

export function severityOf({ state, openBreakers }: LivePluginState): Severity {
  if (state === 'live') return openBreakers.length > 0 ? 'warning' : 'good';
  if (state === 'degraded' || state === 'restarting') return 'warning';
  if (state === 'failed') return 'bad';
  return 'neutral';
}

/** One sentence about what the state means for requests. */
export function pluginSentence({ state, openBreakers, swaps }: LivePluginState): string {
  const lookUp = openBreakers.includes('get') ? 'Look-ups fail, so they are skipped: every request computes.' : '';
  switch (state) {
    case 'live':
      if (lookUp !== '') return lookUp;
      if (openBreakers.length > 0) return 'The plugin runs, but calls of a method fail and are skipped.';
      if (swaps > 0) return 'The plugin works. It has replaced another one while the service ran.';
      return 'The plugin works. Its answers are faster than a computation.';
    case 'degraded':
      return lookUp || 'The plugin has failed lately. Requests are answered; some of them compute.';
    case 'restarting':
      return 'The plugin has ended and is started again. Until then, every request computes.';
    case 'none':
      return 'There is no plugin: every request computes.';
    case 'failed':
      return 'The plugin fails: every request computes.';
    case 'draining':
    case 'closed':
      return 'The plugin closes: every request computes.';
    case 'unopened':
      return 'The plugin has not been opened: every request computes.';
  }
  return unknownState(state);
}

/** Tells the state of a newer server. The type `never` makes the compiler require a sentence for each known state. */
function unknownState(state: never): string {
  return `The page does not know the state ${String(state)}.`;
}
