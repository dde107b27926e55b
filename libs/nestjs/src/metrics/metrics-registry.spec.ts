// The text format, and the bounds of series.
import { describe, expect, it } from 'vitest';
import { MetricsRegistry } from './metrics-registry.js';

describe('MetricsRegistry', () => {
  it('writes counters, gauges and histograms in the text format of Prometheus', () => {
    const metrics = new MetricsRegistry();
    metrics
      .counter({ name: 'a_total', help: 'Things.', labels: ['kind'] })
      .of('x')
      .add(2);
    metrics.observe('gauge', { name: 'b', help: 'A back\\slash\nand a line.' }, () => [[1.5]]);
    const durations = metrics.histogram({ name: 'c_seconds', help: 'Durations.', buckets: [0.1, 1] });
    for (const seconds of [0.05, 0.1, 0.5, 7]) durations.of().observe(seconds);

    expect(metrics.text()).toBe(
      [
        '# HELP a_total Things.',
        '# TYPE a_total counter',
        'a_total{kind="x"} 2',
        '# HELP b A back\\\\slash\\nand a line.',
        '# TYPE b gauge',
        'b 1.5',
        '# HELP c_seconds Durations.',
        '# TYPE c_seconds histogram',
        'c_seconds_bucket{le="0.1"} 2',
        'c_seconds_bucket{le="1"} 3',
        'c_seconds_bucket{le="+Inf"} 4',
        'c_seconds_sum 7.65',
        'c_seconds_count 4',
        '',
      ].join('\n'),
    );
  });

  it('escapes label values', () => {
    const metrics = new MetricsRegistry();
    metrics
      .counter({ name: 'a_total', help: 'Things.', labels: ['kind'] })
      .of('a"b\\c\nd')
      .add();
    expect(metrics.text()).toContain('a_total{kind="a\\"b\\\\c\\nd"} 1\n');
  });

  it('writes numbers that JSON does not have', () => {
    const metrics = new MetricsRegistry();
    metrics.observe('gauge', { name: 'a', help: 'Numbers.', labels: ['of'] }, () => [
      [Infinity, 'x'],
      [-Infinity, 'y'],
      [Number.NaN, 'z'],
    ]);
    expect(metrics.text()).toContain('a{of="x"} +Inf\na{of="y"} -Inf\na{of="z"} NaN\n');
  });

  it('keeps at most 1000 series of a metric, and counts the others together', () => {
    const metrics = new MetricsRegistry();
    const things = metrics.counter({ name: 'a_total', help: 'Things.', labels: ['kind'] });
    for (let i = 0; i < 1_500; i++) things.of(`kind-${i}`).add();
    const lines = metrics
      .text()
      .split('\n')
      .filter((line) => line.startsWith('a_total'));
    expect(lines).toHaveLength(1_001);
    expect(lines.at(-1)).toBe('a_total{kind="other"} 500');
  });

  it('refuses a second metric of the same name', () => {
    const metrics = new MetricsRegistry();
    metrics.counter({ name: 'a_total', help: 'Things.' });
    expect(() => metrics.counter({ name: 'a_total', help: 'Things.' })).toThrow(
      new TypeError('the metric a_total exists already'),
    );
  });
});
