// Plain data: limits and places in errors. test/promises/21 tests the kinds of values.
import { describe, expect, it } from 'vitest';
import { encodeFrame, MAX_FRAME_BYTES } from '../isolation/frames.js';
import { NotPlain } from './not-plain.js';
import { MAX_PLAIN_SIZE, MAX_VALUES } from './copying.js';
import { plainCopies, plainCopy } from './plain-data.js';

/** The message for a value that is not plain data. */
function refusalOf(value: unknown): NotPlain {
  try {
    plainCopy(value, 'mail');
  } catch (error) {
    if (error instanceof NotPlain) return error;
    throw error;
  }
  throw new Error('plain data');
}

function nested(levels: number): unknown {
  let value: unknown = 'core';
  for (let level = 0; level < levels; level++) value = { a: value };
  return value;
}

const fraction = (_: unknown, index: number): number => index + 0.5;
const shared = Array.from({ length: 1_000 }, fraction);
const halfBytes = MAX_PLAIN_SIZE / 2;

const mask = (text: string): string => text.replaceAll('tea', '***');
const bad = (): void => {};

describe('a copy', () => {
  it.each([
    { what: 'a million values', value: () => Array.from({ length: MAX_VALUES - 1 }, fraction) },
    { what: 'a million holes', value: () => Object.assign([], { length: MAX_VALUES - 1 }) },
    { what: '500 levels', value: () => nested(500) },
    { what: '16 Mi characters', value: () => 'x'.repeat(MAX_PLAIN_SIZE) },
    { what: '16 Mi characters of two bytes', value: () => '茶'.repeat(MAX_PLAIN_SIZE) },
    { what: '16 MiB', value: () => [new Uint8Array(halfBytes), new ArrayBuffer(halfBytes)] },
    { what: 'many names', value: () => Array.from({ length: 90_000 }, () => ({ a: 0.5, b: -0.5, c: {}, d: /x/, e: new Date(0), f: 2n ** 60n, g: new Float32Array(1) })) }, // prettier-ignore
  ])('holds $what, and fits into a message', ({ value }) => {
    const message = { type: 'call', id: 1, method: 'm', args: [plainCopy(value(), 'mail')] };
    const [, body] = encodeFrame(message);
    expect(body.length).toBeLessThanOrEqual(MAX_FRAME_BYTES);
  });

  it.each([
    {
      what: 'more than a million values',
      value: () => Array.from({ length: MAX_VALUES }, fraction),
      expected: 'values',
    },
    {
      what: 'a million values in lists',
      value: () => Array.from({ length: 1_000 }, () => [...shared]),
      expected: 'values',
    },
    { what: 'a million holes in lists', value: () => [1, 2].map(() => Object.assign([], { length: 600_000 })), expected: 'values' }, // prettier-ignore
    { what: 'a sparse list', value: () => Object.assign([], { 4_294_967_294: 1 }), expected: 'values' },
    { what: 'a large Map', value: () => new Map(Array.from({ length: 500_001 }, (_, index) => [index, index])), expected: 'values' }, // prettier-ignore
    { what: '501 levels', value: () => nested(501), expected: 'nested more than 500 deep' },
    { what: 'a long text', value: () => 'x'.repeat(MAX_PLAIN_SIZE + 1), expected: 'characters' },
    { what: 'long texts', value: () => ['x'.repeat(halfBytes), 'y'.repeat(halfBytes), '!'], expected: 'characters' },
    { what: 'long names', value: () => [{ ['x'.repeat(halfBytes)]: 1 }, { ['y'.repeat(halfBytes + 1)]: 1 }], expected: 'characters' }, // prettier-ignore
    {
      what: 'many bytes',
      value: () => [new Uint8Array(halfBytes), new ArrayBuffer(halfBytes + 1)],
      expected: 'characters',
    },
    { what: 'a large bigint', value: () => 1n << BigInt(8 * MAX_PLAIN_SIZE + 8), expected: 'characters' },
    { what: 'a long pattern', value: () => [new RegExp('x'.repeat(halfBytes)), 'y'.repeat(halfBytes + 1)], expected: 'characters' }, // prettier-ignore
  ])('does not hold $what', ({ value, expected }) => {
    expect(refusalOf(value()).found).toContain(expected);
  });

  it('counts a repeated object once', () => {
    const copy = plainCopy(
      Array.from({ length: 5_000 }, () => shared),
      'mail',
    ) as unknown[];
    expect(copy[0]).toEqual(shared);
    expect(copy[4_999]).toBe(copy[0]);
  });

  it('reads each member once', () => {
    let reads = 0;
    const counting = { get price() { return ++reads; } }; // prettier-ignore
    expect(plainCopy(counting, 'mail')).toEqual({ price: 1 });
    expect(reads).toBe(1);
  });

  it('has its texts changed, but not its names', () => {
    const value = { tea: ['tea', new Set(['a tea'])], map: new Map([['tea', 'tea']]), date: new Date(0), more: 5 };
    const masked = { tea: ['***', new Set(['a ***'])], map: new Map([['***', '***']]), date: new Date(0), more: 5 };
    expect(plainCopy(value, 'mail', mask)).toEqual(masked);
    expect(plainCopy('tea', 'mail', mask)).toBe('***');
  });
});

it.each([null, Object.prototype])(
  'refuses a Map with the prototype %o, whose entries a copy would lose',
  (prototype) => {
    expect(refusalOf(Object.setPrototypeOf(new Map([[1, 2]]), prototype)).found).toBe(
      'a built-in object whose prototype was replaced',
    );
  },
);

describe('a place', () => {
  it.each([
    { value: bad, place: 'mail' },
    { value: { to: [{ 'e-mail': bad }] }, place: 'mail.to[0]["e-mail"]' },
    { value: { 'a "quote"': { $x: bad } }, place: 'mail["a \\"quote\\""].$x' },
    { value: { 0: bad, '': 1 }, place: 'mail.0' },
    { value: { '': bad }, place: 'mail[""]' },
    { value: new Map([['a', new Map([[1, bad]])]]), place: 'mail.get("a").get(1)' },
    { value: new Map([[{ x: bad }, 1]]), place: 'mail.keys()[0].x' },
    { value: new Map([[{}, bad]]), place: 'mail.values()[0]' },
    { value: new Set([1, { x: [bad] }]), place: 'mail.values()[1].x[0]' },
  ])('is named $place', ({ value, place }) => {
    expect(refusalOf(value)).toMatchObject({ place, found: 'a function', fix: 'send plain data' });
  });

  it('is named after values beside it', () => {
    expect(refusalOf([{ x: {} }, [[]], new Map([[1, {}]]), { y: bad }]).place).toBe('mail[3].y');
  });

  it('is cut in the middle when it is long', () => {
    const { place, found, message } = refusalOf({ ['x'.repeat(10_000)]: { to: Object.create(Object.create(null)) } }); // prettier-ignore
    expect(place).toMatch(/^mail\.x+…x+\.to$/);
    expect(place.length).toBeLessThanOrEqual(1_000);
    expect(found).toBe('an instance of a class');
    expect(message.length).toBeLessThan(2_500);
  });
});

describe('the copies of arguments', () => {
  it('keep the limits together, and each its name', () => {
    const half = 'x'.repeat(halfBytes);
    expect(plainCopies([half, half], ['from', 'to'])).toEqual([half, half]);
    expect(() => plainCopies([half, half, { a: '!' }], ['from', 'to', 'mail'])).toThrow(/^mail is part of more than/);
    expect(() => plainCopies([{}, [Symbol('a')]], ['from', 'to'])).toThrow(/^to\[0\] is a symbol/);
  });
});
