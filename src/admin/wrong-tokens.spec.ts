// The limit of wrong tokens that are logged and answered individually.
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { WrongTokens } from './wrong-tokens.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

it('limits each minute separately, and logs the number of refused tokens at its end', () => {
  const lines: object[] = [];
  const log = pino({ base: null, timestamp: false }, { write: (line) => void lines.push(JSON.parse(line) as object) });
  const wrongTokens = new WrongTokens(log);
  const answers = Array.from({ length: 25 }, () => wrongTokens.add('10.0.0.1'));
  expect(answers).toEqual([...Array<undefined>(20).fill(undefined), ...Array<number>(5).fill(60_000)]);
  expect(lines).toHaveLength(21);

  vi.advanceTimersByTime(60_000);
  expect(lines.at(-1)).toEqual({ level: 40, refused: 5, msg: 'wrong admin tokens were refused with 429' });
  expect(wrongTokens.add(undefined)).toBeUndefined();
  expect(vi.getTimerCount()).toBe(0);
});
