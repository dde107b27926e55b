// The durations of calls as bars, one for each bucket.
import { LATENCY_BOUNDS_MS } from '../../../events/latency-bounds.js';
import { html, setAttributes, setText, svg } from '../dom.js';
import { formatPlural } from '../format.js';
import { bucketText, quantileBucket } from './latency-window.js';

const BUCKETS = LATENCY_BOUNDS_MS.length + 1;
/** Height of the picture, and of a bucket with few calls, which stays visible. */
const HEIGHT = 100;
const LOWEST = 2;
/** The bounds that the axis names. */
const NAMED_MS = [0.1, 1, 10, 100, 1_000];

export class HistogramView {
  private readonly picture = svg('svg', {
    role: 'img',
    viewBox: `0 0 ${BUCKETS} ${HEIGHT}`,
    preserveAspectRatio: 'none',
  });
  private readonly bars = Array.from({ length: BUCKETS }, (_, index) =>
    svg('rect', { x: index + 0.06, width: 0.88 }, svg('title')),
  );
  readonly element = html('div', { class: 'histogram' }, this.picture, axis());

  constructor() {
    this.picture.append(...this.bars);
  }

  /** @param counts number of calls in each bucket */
  show(counts: readonly number[], label: string): void {
    const most = Math.max(...counts, 1);
    const median = quantileBucket(counts, 0.5);
    setAttributes(this.picture, { 'aria-label': label });
    for (const [index, bar] of this.bars.entries()) {
      const count = counts[index] ?? 0;
      const height = count === 0 ? 0 : Math.max((count / most) * HEIGHT, LOWEST);
      setAttributes(bar, { y: HEIGHT - height, height, 'data-median': index === median });
      const title = bar.firstElementChild;
      if (title) setText(title, `${formatPlural(count, 'call')} ${bucketText(index)}`);
    }
  }
}

function axis(): HTMLElement {
  const names = NAMED_MS.map((ms) => {
    const name = html('span', {}, ms === 1_000 ? '1 s' : `${ms} ms`);
    name.style.setProperty('--at', String((LATENCY_BOUNDS_MS.findIndex((bound) => bound === ms) + 1) / BUCKETS));
    return name;
  });
  return html('p', { 'aria-hidden': 'true' }, ...names);
}
