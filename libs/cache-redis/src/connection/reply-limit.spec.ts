// The filter in front of ioredis: replies pass unchanged, a value above the limit becomes an error, other protocols are refused.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReplyLimit, UnreadableReply, VALUE_TOO_LARGE } from './reply-limit.js';

const LIMIT = 100;
const large = (bytes: number) => `$${bytes}\r\n${'x'.repeat(bytes)}\r\n`;
const tooLarge = (bytes: number) => `-${VALUE_TOO_LARGE} ${bytes}\r\n`;

/** The bytes that pass when the input arrives in these pieces. */
function passed(limit: ReplyLimit, pieces: readonly string[]): string {
  return pieces
    .flatMap((piece) => limit.pass(Buffer.from(piece, 'latin1')).map((part) => part.toString('latin1')))
    .join('');
}

const cut = (text: string, places: readonly number[]): string[] => {
  const at = [...new Set(places.map((place) => place % (text.length + 1)))].toSorted((a, b) => a - b);
  return [0, ...at].map((from, i) => text.slice(from, at[i]));
};

/** Replies, and the bytes that pass. */
const REPLIES: readonly (readonly [reply: string, passes: string])[] = [
  ['+OK\r\n', '+OK\r\n'],
  ['-ERR no\r\n', '-ERR no\r\n'],
  [':12\r\n', ':12\r\n'],
  ['$-1\r\n', '$-1\r\n'],
  ['*-1\r\n', '*-1\r\n'],
  ['_\r\n', '_\r\n'],
  ['#t\r\n', '#t\r\n'],
  ['$0\r\n\r\n', '$0\r\n\r\n'],
  ['$4\r\n\r\n$9\r\n', '$4\r\n\r\n$9\r\n'],
  [large(LIMIT), large(LIMIT)],
  [large(LIMIT + 1), tooLarge(LIMIT + 1)],
  [large(5_000), tooLarge(5_000)],
  [`*2\r\n:1\r\n${large(3_000)}`, `*2\r\n:1\r\n${tooLarge(3_000)}`],
  ['%1\r\n+proto\r\n*2\r\n:3\r\n$1\r\na\r\n', '%1\r\n+proto\r\n*2\r\n:3\r\n$1\r\na\r\n'],
  ['>1\r\n$1\r\na\r\n', '>1\r\n$1\r\na\r\n'],
  ['*0\r\n', '*0\r\n'],
];

describe('ReplyLimit', () => {
  it('has a limit of its own for replies of several elements', () => {
    const node = '*3\r\n:0\r\n:16383\r\n*2\r\n$9\r\n127.0.0.1\r\n:6379\r\n';
    const slots = `*1000\r\n${node.repeat(1_000)}`;
    expect(passed(new ReplyLimit(LIMIT, 100_000), [slots])).toBe(slots);
    expect(() => passed(new ReplyLimit(LIMIT, 30_000), [slots])).toThrow('it sends a reply of more than 30000 bytes');
    expect(passed(new ReplyLimit(LIMIT, 100_000), [large(LIMIT + 1)])).toBe(tooLarge(LIMIT + 1));
  });

  it.each(REPLIES)('lets %j pass as %j', (reply, passes) => {
    expect(passed(new ReplyLimit(LIMIT), [reply])).toBe(passes);
  });

  it('lets any sequence of replies pass the same way, in any pieces', () => {
    const replies = fc.array(fc.constantFrom(...REPLIES), { minLength: 1, maxLength: 12 });
    const places = fc.array(fc.nat(20_000), { maxLength: 30 });
    fc.assert(
      fc.property(replies, places, (sequence, where) => {
        const text = sequence.map(([reply]) => reply).join('');
        expect(passed(new ReplyLimit(LIMIT), cut(text, where))).toBe(sequence.map(([, passes]) => passes).join(''));
      }),
    );
  });

  it('emits the error before the rest of the value arrives, and passes no part of the value', () => {
    const limit = new ReplyLimit(LIMIT);

    expect(passed(limit, ['$1000000000\r\n'])).toBe(tooLarge(1_000_000_000));
    expect(passed(limit, ['x'.repeat(100_000)])).toBe('');
  });

  it('passes a piece that needs no change without a copy', () => {
    const bytes = Buffer.from('$2\r\n55\r\n+OK\r\n');

    expect(new ReplyLimit(LIMIT).pass(bytes)).toEqual([bytes]);
    expect(new ReplyLimit(LIMIT).pass(bytes)[0]).toBe(bytes);
  });

  it.each([
    ['a line that does not end', ['+', ...Array.from({ length: 100 }, () => 'x'.repeat(100))]],
    ['an error that does not end', ['-ERR ', ...Array.from({ length: 100 }, () => 'x'.repeat(100))]],
    ['many values in one reply', ['*1000\r\n', ...Array.from({ length: 100 }, () => large(LIMIT))]],
    ['more elements than the limit of bytes allows', ['*1000000000\r\n']],
    ['arrays within arrays', Array.from({ length: 2_000 }, () => '*1\r\n')],
  ])('refuses %s', (_, pieces) => {
    expect(() => passed(new ReplyLimit(LIMIT), pieces)).toThrow(
      new UnreadableReply(`it sends a reply of more than ${LIMIT + 4_096} bytes`),
    );
  });

  it.each([
    ['HTTP/1.1 400 Bad Request\r\n', 'it speaks HTTP; '],
    ['HT', 'it speaks HTTP; '],
    ['\x15\x03\x01\x00\x02\x02\x46', 'it speaks TLS (set REDIS_TLS=true, or rediss:// in REDIS_URL; '],
    ['SSH-2.0-OpenSSH\r\n', 'it does not speak the Redis protocol; '],
    ['220 mail.example.org ESMTP\r\n', 'it does not speak the Redis protocol; '],
    ['$abc\r\n', 'it does not speak the Redis protocol; '],
    ['$1e9\r\n', 'it does not speak the Redis protocol; '],
    ['*\r\n', 'it does not speak the Redis protocol; '],
    [`$${'0'.repeat(100)}`, 'it does not speak the Redis protocol; '],
    ['|1\r\n', 'it does not speak the Redis protocol; '],
  ])('refuses %j: %s', (bytes, reason) => {
    expect(() => passed(new ReplyLimit(LIMIT), [bytes])).toThrow(reason);
  });
});
