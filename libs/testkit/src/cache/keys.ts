// Checks of keys: any string is a key, and distinct strings are distinct keys.
import { describe, it } from 'vitest';
import { expectHit, expectMiss, type Subject } from './subject.js';

/** Keys and tokens. */
export const KEYS: readonly [what: string, key: string][] = [
  ['10,000 characters', 'k'.repeat(10_000)],
  ['blanks, slashes, colons, quotes', ' a/b:c "d" \'e\' '],
  ['patterns and placeholders', '*?[a-z]{1} %s ${x} \\'],
  ['control characters, including NUL', String.fromCharCode(...Array(32).keys(), 127)],
  ['line ends and text like a protocol', '\r\nSET a b\r\n'],
  ['unicode', 'Zürich 東京 👩‍👩‍👧 \u{10FFFF}'],
];

/** Keys that are tested without a unique prefix, and tokens. */
export const SPECIAL_KEYS: readonly [what: string, key: string][] = [
  ['an empty string', ''],
  ['"0"', '0'],
  ['"__proto__"', '__proto__'],
  ['"constructor"', 'constructor'],
];

export const DIFFERENT: readonly [what: string, key: string, other: string][] = [
  ['case', 'key', 'KEY'],
  ['a blank at the end', 'key', 'key '],
  ['characters after NUL', 'key\0a', 'key\0b'],
  ['the form of an accent', 'caf\u00E9', 'cafe\u0301'],
  ['leading zeros', '7', '07'],
  ['the last of 10,000 characters', `${'k'.repeat(9_999)}a`, `${'k'.repeat(9_999)}b`],
];

export function describeKeys(subject: Subject): void {
  describe('a key may contain or be', () => {
    it.each(KEYS)('%s', async (_, name) => {
      const cache = await subject.open();
      const key = subject.key(name);
      await expectMiss(cache, key);
      await cache.set(key, 'value', 60_000);
      await expectHit(cache, key, 'value');
    });

    it.each(SPECIAL_KEYS)('%s', async (_, key) => {
      const cache = await subject.open();
      await cache.set(key, 'value', 60_000);
      await expectHit(cache, key, 'value');
    });
  });

  describe('two keys are distinct if they differ in', () => {
    it.each(DIFFERENT)('%s', async (_, name, otherName) => {
      const cache = await subject.open();
      const common = subject.key('');
      await cache.set(common + name, 'one', 60_000);
      await expectMiss(cache, common + otherName);
      await cache.set(common + otherName, 'other', 60_000);
      await expectHit(cache, common + name, 'one');
      await expectHit(cache, common + otherName, 'other');
    });
  });
}
