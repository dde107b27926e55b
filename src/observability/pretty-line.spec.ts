// A formatted line: the request, the plugin, the mark of a slow request, and control characters.
import { expect, it } from 'vitest';
import { prettyLine } from './pretty-line.js';

let requestNumber: number | undefined;
const format = prettyLine(() => requestNumber);

/** Without colours, time and level. */
function formatted(fields: Readonly<Record<string, unknown>>): string {
  // oxlint-disable-next-line no-control-regex
  const plain = format(JSON.stringify({ level: 30, time: 0, ...fields })).replaceAll(/\u001b\[\d+m/g, '');
  return plain.slice(plain.indexOf('INFO: ') + 'INFO: '.length).trimEnd();
}

it('shows the number of the request', () => {
  requestNumber = 7;
  const inside = formatted({ msg: 'cache miss' });
  requestNumber = undefined;

  expect([inside, formatted({ msg: 'listening' })]).toEqual(['#7 cache miss', 'listening']);
});

it.each([
  ['request completed', 999.999, 'request completed'],
  ['request completed', 1_000, 'SLOW request completed'],
  ['request cancelled', 1_000, 'request cancelled'],
])('marks a slow request: %s after %d ms', (msg, durationMs, shown) => {
  expect(formatted({ msg, durationMs })).toBe(`${shown} {"durationMs":${durationMs}}`);
});

it.each([
  ['[plugin/cache-memory] loaded', 'plugin cache-memory: loaded'],
  ['[plugin/a] [plugin/b] loaded', 'plugin a: [plugin/b] loaded'],
  ['[plugin/a] request completed', 'plugin a: request completed'],
  ['[plugin/a] #7 text', 'plugin a: #7 text'],
  ['loaded [plugin/a] text', 'loaded [plugin/a] text'],
])('names the plugin of %s', (msg, shown) => {
  expect(formatted({ msg })).toBe(shown);
});

it('shows control characters as escapes', () => {
  const hostile = '\u001b[2J\u009b\r\n\u202e';

  expect(formatted({ msg: `[plugin/${hostile}] ${hostile}` })).toBe(
    'plugin \\u001b[2J\\u009b\\r\\n\\u202e: \\u001b[2J\\u009b\\r\\n\\u202e',
  );
});

it.each([
  [undefined, ' {"n":1}'],
  [{ a: 1 }, ' {"msg":{"a":1},"n":1}'],
  [45, '45 {"n":1}'],
])('prints a line with the message %j', (msg, shown) => {
  expect(formatted({ msg, n: 1 })).toBe(shown);
});
