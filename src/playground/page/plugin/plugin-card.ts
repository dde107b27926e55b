// A plugin: its identity, state, circuit breakers, and the durations of its calls.
import type { LivePluginState } from '../../../events/live-message.js';
import { html, setText } from '../dom.js';
import { formatCount, formatPlural } from '../format.js';
import { HistogramView } from './histogram-view.js';
import { icon } from '../icon.js';
import { type LatencyWindow, quantileText } from './latency-window.js';
import { pluginSentence, severityOf } from './plugin-sentence.js';

const ALL = 'all methods';
/** Signs of the severities, in a square of 12 x 12. */
const SIGNS = {
  good: 'M2 6.5l2.8 2.8l5.2-6',
  warning: 'M6 1.5l5 9h-10zM6 5v2.4M6 8.9v.3',
  bad: 'M2.5 2.5l7 7M9.5 2.5l-7 7',
  neutral: 'M2 6h8',
};
const BREAKERS = { open: 'M1 6h3l4-3.5M8.5 6h2.5', closed: 'M1 6h10' };

export class PluginCard {
  readonly element: HTMLElement;
  private readonly name = html('strong', { class: 'plugin-name' });
  private readonly badge = html('span', { class: 'badge' });
  private readonly sentence = html('p', { class: 'sentence', role: 'status' });
  private readonly facts = html('dl', { class: 'facts' });
  private readonly breakers = html('ul', { class: 'breakers', 'aria-label': 'Circuit breakers' });
  private readonly methods = html('select', {}, html('option', {}, ALL));
  private readonly quantiles = html('p', { class: 'quantiles' });
  private readonly histogram = new HistogramView();
  private shown: LivePluginState | undefined;

  constructor(
    private readonly slot: string,
    private readonly window: LatencyWindow,
  ) {
    const title = html('h2', { id: `plugin-${slot}` }, `Plugin: ${slot}`);
    const method = html('label', { class: 'method' }, 'Calls of ', this.methods);
    this.methods.addEventListener('change', () => this.showCalls());
    const about = html(
      'div',
      { class: 'plugin-about' },
      html('p', {}, this.name),
      this.sentence,
      this.facts,
      this.breakers,
    );
    const calls = html(
      'div',
      { class: 'plugin-calls' },
      html('div', { class: 'card-head' }, html('h3', {}, 'Duration of calls, last minute'), method),
      this.histogram.element,
      this.quantiles,
    );
    this.element = html(
      'section',
      { class: 'card plugin', 'aria-labelledby': `plugin-${slot}` },
      html('div', { class: 'card-head' }, title, this.badge),
      html('div', { class: 'plugin-body' }, about, calls),
    );
  }

  show(plugin: LivePluginState): void {
    this.shown = plugin;
    this.element.dataset['state'] = plugin.state;
    setText(this.name, plugin.name === null ? 'no plugin' : `${plugin.name} ${plugin.version ?? ''}`);
    this.showBadge(plugin);
    setText(this.sentence, pluginSentence(plugin));
    this.showFacts({
      isolation: plugin.isolation ?? '–',
      swaps: formatCount(plugin.swaps),
      restarts: formatCount(plugin.restarts),
      ...(plugin.error !== null && { error: plugin.error }),
    });
    this.showBreakers(plugin);
    this.showMethods(plugin.methods);
    this.showCalls();
  }

  private showBadge(plugin: LivePluginState): void {
    const severity = severityOf(plugin);
    if (this.badge.textContent === plugin.state && this.badge.dataset['severity'] === severity) return;
    this.badge.dataset['severity'] = severity;
    this.badge.replaceChildren(icon(SIGNS[severity]), plugin.state);
  }

  private showFacts(facts: Readonly<Record<string, string>>): void {
    const text = JSON.stringify(facts);
    if (this.facts.dataset['shown'] === text) return;
    this.facts.dataset['shown'] = text;
    const entries = Object.entries(facts);
    this.facts.replaceChildren(
      ...entries.map(([name, value]) =>
        html('div', { 'data-fact': name }, html('dt', {}, name), html('dd', {}, value)),
      ),
    );
  }

  private showBreakers({ methods, openBreakers }: LivePluginState): void {
    const texts = methods.map((method) => `${method}: ${openBreakers.includes(method) ? 'open' : 'closed'}`);
    if (this.breakers.dataset['shown'] === texts.join()) return;
    this.breakers.dataset['shown'] = texts.join();
    this.breakers.replaceChildren(
      ...methods.map((method) => {
        const state = openBreakers.includes(method) ? 'open' : 'closed';
        const title = `The circuit breaker of ${method} is ${state}`;
        return html('li', { 'data-breaker': state, title }, icon(BREAKERS[state]), `${method} ${state}`);
      }),
    );
  }

  private showMethods(methods: readonly string[]): void {
    const known = new Set([...this.methods.options].map(({ value }) => value));
    for (const method of methods) if (!known.has(method)) this.methods.append(html('option', {}, method));
  }

  private showCalls(): void {
    const { value } = this.methods;
    const counts = this.window.counts(this.shown?.name ?? '', value === ALL ? undefined : value);
    const total = counts.reduce((sum, count) => sum + count, 0);
    const median = quantileText(counts, 0.5);
    const slow = quantileText(counts, 0.99);
    const text = `${formatPlural(total, 'call')} · median ${median} · 99 % ${slow}`;
    setText(this.quantiles, text);
    this.histogram.show(counts, `Duration of the calls of ${this.slot}, ${value}: ${text}`);
  }
}
