// The timeline: hits, computations and events of plugins.
import { describe, expect, it } from 'vitest';
import type { PluginEventMessage } from '../../../events/live-message.js';
import type { RequestStep } from '../../../fibonacci/request-step.js';
import { mainEvent } from './plugin-marks.js';
import { TimelineModel } from './timeline-model.js';

const T = 1_800_000_000_000;
const isOwn = (id: string) => id.startsWith('own');
const hit = (id: string, atMs: number, n = 42): RequestStep => ({
  step: 'hit',
  id,
  n,
  atMs,
  durationMs: 0.2,
  isJoined: false,
});
const plugin = (event: PluginEventMessage['event'], nowMs: number): PluginEventMessage => ({
  nowMs,
  plugin: 'cache-memory',
  version: '0.1.0',
  event,
});

describe('TimelineModel', () => {
  it('shows the hits of a short time as one line, and those of this page as another', () => {
    const model = new TimelineModel(isOwn);
    model.applyRequests({ nowMs: T + 100, steps: [hit('a', T), hit('b', T + 5, 43), hit('own-1', T + 6)] });

    expect([...model.hits]).toMatchObject([
      { count: 2, isOwn: false, ns: new Set([42, 43]) },
      { count: 1, isOwn: true },
    ]);
  });

  it('ends a computation whose end was left out, after two states without a computation', () => {
    const model = new TimelineModel(isOwn);
    model.applyRequests({ nowMs: T, steps: [{ ...hit('a', T), step: 'started' }] });
    const states = [1, 0, 1, 0, 0].map((busy, index) => {
      model.applyLoad({ busy, queued: 0 }, T + 1_000 * index);
      return model.bars[0]?.end;
    });
    expect(states).toEqual([undefined, undefined, undefined, undefined, 'lost']);
  });

  it('adds hits that were left out', () => {
    const model = new TimelineModel(isOwn);
    model.applyRequests({ nowMs: T, steps: [], omitted: { hit: 900, answered: 3 } });

    expect([...model.hits]).toMatchObject([{ count: 900, ns: new Set() }]);
    expect(model.bars).toEqual([]);
  });

  it('is bounded while hits go on', () => {
    const model = new TimelineModel(isOwn);
    for (let at = 0; at < 120_000; at += 20) model.applyRequests({ nowMs: T + at, steps: [hit('a', T + at)] });

    expect([...model.hits].length).toBeLessThanOrEqual(210);
  });

  it('shows the events of a swap as one mark', () => {
    const model = new TimelineModel(isOwn);
    for (const [event, at] of [
      ['opened', 0],
      ['swapped', 10],
      ['closed', 200],
      ['ended', 5_000],
    ] as const) {
      model.applyPlugin(plugin(event, T + at));
    }

    expect(model.marks.map(({ events }) => mainEvent(events)?.event)).toEqual(['swapped', 'ended']);
    expect(model.marks.map(({ row }) => row)).toEqual([0, 1]);
  });

  it('drops what is older than the window', () => {
    const model = new TimelineModel(isOwn);
    model.applyRequests({ nowMs: T, steps: [hit('a', T)] });
    model.applyPlugin(plugin('ended', T));
    model.prune(T + 29_000);
    expect([[...model.hits].length, model.marks.length]).toEqual([1, 1]);

    model.prune(T + 40_000);
    expect([[...model.hits].length, model.marks.length]).toEqual([0, 0]);
  });
});
