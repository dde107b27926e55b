// Durations as Go writes them.
import { describe, expect, it } from 'vitest';
import { durationMs } from './duration.js';

describe('durationMs', () => {
  it.each([
    ['0', 0],
    ['250ms', 250],
    ['15s', 15_000],
    ['1m30s', 90_000],
    ['1.5s', 1_500],
    ['1.001s', 1_001],
    ['.5s', 500],
    ['2h45m', 9_900_000],
    ['1500us', 1.5],
    ['1500µs', 1.5],
    ['1000000ns', 1],
    ['1h1m1s1ms1us1ns', 3_661_001.001001],
  ])('reads %s', (text, ms) => {
    expect(durationMs(text)).toBe(ms);
  });

  it.each([
    '',
    '15',
    's',
    '15 s',
    '15S',
    '-1s',
    '+1s',
    '1d',
    '1s ',
    '1e3s',
    'abc',
    '1,5s',
    '1m 30s',
    '1 minute',
    '00',
    '1.s.',
    '1sx',
  ])('does not read %j', (text) => {
    expect(durationMs(text)).toBeUndefined();
  });
});
