// The sentence about a plugin.
import { expect, it } from 'vitest';
import type { LivePluginState } from '../../../events/live-message.js';
import { pluginSentence, severityOf } from './plugin-sentence.js';

const LIVE: LivePluginState = {
  slot: 'cache',
  state: 'live',
  name: 'cache-memory',
  version: '0.1.0',
  isolation: 'worker',
  methods: ['get', 'set'],
  openBreakers: [],
  restarts: 0,
  swaps: 0,
  error: null,
};

it.each<[change: Partial<LivePluginState>, severity: string, sentence: string]>([
  [{}, 'good', 'The plugin works'],
  [{ swaps: 1 }, 'good', 'replaced another one'],
  [{ openBreakers: ['get'] }, 'warning', 'every request computes'],
  [{ openBreakers: ['set'] }, 'warning', 'calls of a method fail'],
  [{ state: 'degraded' }, 'warning', 'failed lately'],
  [{ state: 'degraded', openBreakers: ['get'] }, 'warning', 'every request computes'],
  [{ state: 'restarting' }, 'warning', 'started again'],
  [{ state: 'failed' }, 'bad', 'The plugin fails: every request computes.'],
  [{ state: 'none', name: null }, 'neutral', 'There is no plugin: every request computes.'],
  [{ state: 'unopened', name: null }, 'neutral', 'has not been opened'],
  [{ state: 'newer' as LivePluginState['state'] }, 'neutral', 'The page does not know the state newer.'],
])('%j is %s: %s', (change, severity, sentence) => {
  const plugin = { ...LIVE, ...change };

  expect(severityOf(plugin)).toBe(severity);
  expect(pluginSentence(plugin)).toContain(sentence);
});
