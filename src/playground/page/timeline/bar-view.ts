// One bar of the timeline with its label and marks.
import type { Bar } from './bar.js';
import { setAttributes, setText, svg } from '../dom.js';
import { formatDuration, formatPlural } from '../format.js';
import { isSign, OUTCOME_TEXTS, signShape } from '../outcomes.js';
import { BAR_PX, laneTop, type Scale } from './timeline-geometry.js';

/** Width of a running bar. It is cut at "now". */
const ENDLESS_PX = 100_000;
const SHORTEST_PX = 4;
/** Widths in a label, and the space around it. */
const LETTER_PX = 6.6;
const PADDING_PX = 6;
const SIGN_PX = 15;

/** Elements in two groups: `body` is cut at "now", `label` is not. */
export class BarView {
  readonly body = svg('g', { class: 'bar' });
  readonly label = svg('g', { class: 'bar-label' });
  private readonly shape = svg('rect', { height: BAR_PX, rx: 3 });
  private readonly title = svg('title');
  private readonly text = svg('text');
  private readonly joins = svg('path', { class: 'joins' });
  private readonly leaves = svg('path', { class: 'leaves' });
  private endSign: SVGGElement | undefined;
  private ownSign: SVGGElement | undefined;

  constructor() {
    this.body.append(this.shape, this.title);
    this.label.append(this.text);
  }

  /**
   * @param leftX left edge of the timeline in the moving group, to keep the label visible
   * @param nextX start of the next bar in the lane
   */
  update(bar: Bar, scale: Scale, leftX: number, nextX: number): void {
    const outcome = bar.end ?? 'running';
    const y = laneTop(bar.lane);
    const x = scale.x(bar.startMs);
    const endX = bar.endMs === undefined ? x + ENDLESS_PX : Math.max(scale.x(bar.endMs), x + SHORTEST_PX);
    const state = { 'data-outcome': outcome, 'data-n': bar.n, 'data-own': bar.isOwn };
    setAttributes(this.body, {
      ...state,
      'data-requests': bar.requests,
      'data-start': bar.isStartKnown ? 'known' : 'unknown',
    });
    setAttributes(this.shape, { x, y, width: Math.round((endX - x) * 10) / 10 });
    setAttributes(this.label, state);
    this.showMarks(bar, scale, y);
    this.showEnd(bar, endX, y);
    this.showLabel(bar, Math.max(x, leftX), endX, nextX, y);
    setText(this.title, titleOf(bar));
  }

  remove(): void {
    this.body.remove();
    this.label.remove();
  }

  /** The longest text that fits in the bar or after it; else none. */
  private showLabel(bar: Bar, x: number, endX: number, nextX: number, y: number): void {
    const ownPx = bar.isOwn ? SIGN_PX : 0;
    const outsideX = endX + (this.endSign ? SIGN_PX : 0);
    const places = [
      { place: 'inside', placeX: x, spacePx: endX - x },
      { place: 'outside', placeX: outsideX, spacePx: nextX - outsideX },
    ];
    const choice = textsOf(bar)
      .flatMap((text) => places.map((place) => ({ text, ...place })))
      .find(({ text, spacePx }) => text.length * LETTER_PX + 2 * PADDING_PX + ownPx <= spacePx);
    setAttributes(this.label, { 'data-place': choice?.place ?? 'nowhere' });
    if (choice === undefined) return;
    const textX = choice.placeX + PADDING_PX + ownPx;
    const middle = y + BAR_PX / 2;
    setAttributes(this.text, { x: textX, y: middle });
    setText(this.text, choice.text);
    if (bar.isOwn && this.ownSign === undefined) this.label.append((this.ownSign = signShape('own')));
    if (this.ownSign) setAttributes(this.ownSign, { transform: `translate(${textX - 9} ${middle})` });
  }

  private showEnd(bar: Bar, endX: number, y: number): void {
    if (this.endSign === undefined && bar.end !== undefined && bar.end !== 'answered' && isSign(bar.end)) {
      this.endSign = signShape(bar.end);
      this.label.append(this.endSign);
    }
    if (this.endSign) setAttributes(this.endSign, { transform: `translate(${endX + 9} ${y + BAR_PX / 2})` });
  }

  private showMarks({ joins, leaves, n, end }: Bar, scale: Scale, y: number): void {
    if (joins.length > 0) {
      const d = joins.map(({ atMs }) => `M${scale.x(atMs)} ${y - 4}v7`).join('');
      setAttributes(this.joins, { d, 'data-outcome': 'joined', 'data-n': n });
      if (!this.joins.isConnected) this.body.append(this.joins);
    }
    // The last request that leaves ends the bar, which has a sign of its own.
    const crosses = end === 'cancelled' ? leaves.slice(0, -1) : leaves;
    if (crosses.length > 0) {
      const d = crosses.map(({ atMs }) => `M${scale.x(atMs) - 2.5} ${y + BAR_PX - 2}l5 5m0-5l-5 5`).join('');
      setAttributes(this.leaves, { d, 'data-outcome': 'cancelled', 'data-n': n });
      if (!this.leaves.isConnected) this.body.append(this.leaves);
    }
  }
}

/** Labels, the longest first. */
function textsOf({ n, requests }: Bar): string[] {
  const names = [`fib(${n})`, String(n)];
  return requests > 1 ? [`fib(${n}) ×${requests}`, ...names] : names;
}

function titleOf({ n, end, startMs, endMs, requests, leaves }: Bar): string {
  const state = end === undefined ? 'is computed' : (OUTCOME_TEXTS[end] ?? end);
  const duration = endMs === undefined ? '' : ` after ${formatDuration(endMs - startMs)}`;
  const left = leaves.length === 0 ? '' : `, ${leaves.length} cancelled`;
  return `fib(${n}): ${state}${duration}, ${formatPlural(requests, 'request')}${left}`;
}
