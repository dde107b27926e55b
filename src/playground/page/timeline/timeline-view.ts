// The timeline as SVG: elements change with the events, and two groups move with the time.
import type { Bar } from './bar.js';
import { BarView } from './bar-view.js';
import { setAttributes, svg } from '../dom.js';
import { hitShape, showHit } from './hit-view.js';
import { markShape, showMark } from './mark-view.js';
import { frameOf } from './timeline-frame.js';
import { HEIGHT_PX, Scale } from './timeline-geometry.js';
import type { TimelineModel } from './timeline-model.js';

/** Narrower, the labels of the axis would touch. */
const NARROWEST_PX = 260;
/** Places farther from the origin are not exact: browsers draw with 32 bits. */
const FARTHEST_PX = 20_000;

export class TimelineView {
  private readonly picture = svg('svg', {
    role: 'img',
    'aria-label':
      'Timeline of the requests of the last 30 seconds. The table of the last requests has the last 20 that have ended.',
    height: HEIGHT_PX,
  });
  private readonly clip = svg('rect', { x: 0, y: 0, height: HEIGHT_PX });
  private readonly shapes = svg('g');
  private readonly labels = svg('g');
  private readonly frame = svg('g', { class: 'frame' });
  private readonly bars = new Map<number, BarView>();
  private readonly hits = new Map<string, SVGLineElement>();
  private readonly marks = new Map<number, SVGGElement>();
  private scale: Scale;
  private shownShift = Number.NaN;

  constructor(
    place: HTMLElement,
    private readonly model: TimelineModel,
    nowMs: number,
  ) {
    const clipped = svg('g', { 'clip-path': 'url(#until-now)' }, this.shapes);
    const definitions = svg('defs', {}, svg('clipPath', { id: 'until-now' }, this.clip), hatch());
    this.picture.append(definitions, this.frame, clipped, this.labels);
    place.append(this.picture);
    this.scale = this.resize(place.clientWidth, nowMs);
  }

  /** Draws everything anew for another width. */
  resize(width: number, nowMs: number): Scale {
    for (const element of [...this.bars.values(), ...this.hits.values(), ...this.marks.values()]) element.remove();
    for (const map of [this.bars, this.hits, this.marks]) map.clear();
    this.scale = new Scale(Math.max(width, NARROWEST_PX), nowMs);
    this.shownShift = Number.NaN;
    const { scale } = this;
    setAttributes(this.picture, { width: scale.width, viewBox: `0 0 ${scale.width} ${HEIGHT_PX}` });
    setAttributes(this.clip, { width: scale.nowX });
    this.frame.replaceChildren(...frameOf(scale));
    this.update(nowMs);
    return scale;
  }

  /** Takes over the changes of the model. */
  update(nowMs: number): void {
    const leftX = -this.scale.shift(nowMs, 1);
    if (Math.abs(leftX) > FARTHEST_PX) {
      this.resize(this.scale.width, nowMs);
      return;
    }
    const nextStarts = nextStartsOf(this.model.bars);
    sync(this.bars, this.model.bars, this.newBar, (view, bar) =>
      view.update(bar, this.scale, leftX, this.scale.x(nextStarts.get(bar) ?? Infinity)),
    );
    sync(this.hits, this.model.hits, this.newHit, (line, hit) => showHit(line, hit, this.scale));
    sync(this.marks, this.model.marks, this.newMark, (mark, events) => showMark(mark, events, this.scale));
    this.move(nowMs);
  }

  /** Moves the timeline to a time. Changes two attributes, or none. */
  move(nowMs: number): void {
    const shift = this.scale.shift(nowMs, window.devicePixelRatio);
    if (shift === this.shownShift) return;
    this.shownShift = shift;
    const transform = `translate(${shift} 0)`;
    this.shapes.setAttribute('transform', transform);
    this.labels.setAttribute('transform', transform);
  }

  private readonly newBar = (): BarView => {
    const view = new BarView();
    this.shapes.append(view.body);
    this.labels.append(view.label);
    return view;
  };

  private readonly newHit = (): SVGLineElement => this.shapes.appendChild(hitShape());

  private readonly newMark = (): SVGGElement => {
    const mark = markShape();
    this.labels.prepend(mark);
    return mark;
  };
}

/** The start of the next bar in the same lane. */
function nextStartsOf(bars: readonly Bar[]): Map<Bar, number> {
  const starts = new Map<Bar, number>();
  const next: number[] = [];
  for (const bar of bars.toReversed()) {
    starts.set(bar, next[bar.lane] ?? Infinity);
    next[bar.lane] = bar.startMs;
  }
  return starts;
}

/** Creates, updates and removes elements, so that there is one for each item. */
function sync<Item extends { readonly key: number | string }, View extends { remove(): void }>(
  views: Map<Item['key'], View>,
  items: Iterable<Item>,
  create: () => View,
  update: (view: View, item: Item) => void,
): void {
  const unused = new Set(views.keys());
  for (const item of items) {
    unused.delete(item.key);
    let view = views.get(item.key);
    if (view === undefined) views.set(item.key, (view = create()));
    update(view, item);
  }
  for (const key of unused) {
    views.get(key)?.remove();
    views.delete(key);
  }
}

/** The pattern of work that was cancelled. */
function hatch(): SVGPatternElement {
  const attributes = {
    id: 'hatch',
    width: 6,
    height: 6,
    patternUnits: 'userSpaceOnUse',
    patternTransform: 'rotate(45)',
  };
  return svg('pattern', attributes, svg('line', { class: 'hatch', x1: 0, y1: 0, x2: 0, y2: 6 }));
}
