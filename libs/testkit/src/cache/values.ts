// Checks of values: each is returned unchanged.
import { describe, it } from 'vitest';
import { expectHit, type Subject } from './subject.js';

const VALUES: readonly [what: string, value: string][] = [
  ['a number in digits', '1134903170'],
  ['"0", which is a hit', '0'],
  ['an empty string, which is a hit', ''],
  ['"false"', 'false'],
  ['"null"', 'null'],
  ['"undefined"', 'undefined'],
  ['text like JSON', '{"a": [1, "2", null]}'],
  ['a number beyond the precision of floating point', '9007199254740993'],
  ['digits with leading zeros', '007'],
  ['blanks at both ends', ' \t value \n '],
  ['line ends and text like a protocol', '$5\r\nhello\r\n*1\r\n+OK\r\n'],
  ['every ASCII character, including NUL', String.fromCharCode(...Array(128).keys())],
  ['unicode: accents, CJK, emoji, the last code point', 'Zürich 東京 👩‍👩‍👧 \u{10FFFF}'],
  ['1 MB', 'x'.repeat(1_000_000)],
  ['1 MB in characters of four bytes', '💾'.repeat(250_000)],
];

export function describeValues(subject: Subject): void {
  describe('a value is returned unchanged', () => {
    it.each(VALUES)('%s', async (_, value) => {
      const cache = await subject.open();
      const key = subject.key();
      await cache.set(key, value, 60_000);
      await expectHit(cache, key, value);
    });
  });
}
