// Escapes that keep a text on one line.
import { describe, expect, it } from 'vitest';
import { oneLine } from './one-line.js';

describe('oneLine', () => {
  it.each([
    ['a\nb\r\nc\td', 'a\\nb\\r\\nc\\td'],
    ['\u001B[2J\u007F\u009B\u2028', '\\u001b[2J\\u007f\\u009b\\u2028'],
    ['plain, "quoted", ü, \\n', 'plain, "quoted", ü, \\n'],
  ])('writes %j as %j', (text, line) => {
    expect(oneLine(text)).toBe(line);
  });
});
