// The counters: hit ratio and load of the service, and the requests since the page was opened.
import type { LiveLoad } from '../../events/live-message.js';
import type { RequestStepName } from '../../fibonacci/request-step.js';
import { find, html, setText } from './dom.js';
import { formatCount, formatShare } from './format.js';
import { lookupsOf, reasonText } from './lookups.js';
import { signIcon } from './outcomes.js';

const COUNTS = [
  ['hits', 'hit', 'hit'],
  ['computations', 'started', 'computed'],
  ['joined', 'joined', 'joined'],
  ['cancelled', 'cancelled', 'cancelled'],
  ['refused', 'refused', 'refused'],
  ['timed out', 'timed-out', 'timed-out'],
  ['failed', 'failed', 'failed'],
] as const;
const LOAD = ['busy workers', 'waiting', 'viewers'] as const;

export class Counters {
  private readonly ratio = find('hit-ratio', HTMLElement);
  private readonly bar = find('ratio-bar', HTMLElement);
  private readonly lookups = find('lookups', HTMLElement);
  private readonly counts = COUNTS.map(([name, step, sign]) => {
    const value = html('dd', { 'data-count': step }, '0');
    find('counts', HTMLElement).append(html('div', {}, html('dt', {}, signIcon(sign), name), value));
    return [step, value] as const;
  });
  private readonly load = LOAD.map((name) => {
    const value = html('dd', {}, '–');
    find('load', HTMLElement).append(html('div', {}, html('dt', {}, name), value));
    return value;
  });

  showLookups(counts: Readonly<Record<string, number>>): void {
    const { hits, all, misses } = lookupsOf(counts);
    setText(this.ratio, formatShare(hits, all));
    this.bar.style.setProperty('--share', String(all === 0 ? 0 : hits / all));
    const parts = misses.map(([reason, count]) => `${formatCount(count)} ${reasonText(reason)}`);
    setText(this.lookups, [`${formatCount(hits)} hits`, ...parts].join(' · '));
  }

  showLoad({ busy, workers, queued, viewers }: LiveLoad): void {
    const texts = [`${busy} of ${workers}`, formatCount(queued), formatCount(viewers)];
    for (const [index, value] of this.load.entries()) setText(value, texts[index] ?? '');
  }

  /** Shows or hides what only the live events tell: hit ratio and load. */
  showService(isShown: boolean): void {
    for (const id of ['ratio', 'load']) find(id, HTMLElement).hidden = !isShown;
  }

  showCounts(counts: Readonly<Record<RequestStepName, number>>): void {
    for (const [step, value] of this.counts) setText(value, formatCount(counts[step]));
  }
}
