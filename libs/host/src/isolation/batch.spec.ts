// The limits of messages in a batch.
import { describe, expect, it } from 'vitest';
import { fitsInBatch, MAX_BATCH } from './batch.js';
import { encodeFrame, MAX_FRAME_BYTES } from './frames.js';

const answer = (value: unknown) => ({ type: 'answer', id: 1, answer: value });
const itself: { self?: unknown } = {};
itself.self = itself;

describe('a message in a batch', () => {
  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a hit', { status: 'hit', value: '6765' }],
    ['a list', [1, 2, 3]],
    ['a list with holes', Array(10)],
    ['a text of 4,000 characters', 'x'.repeat(4_000)],
  ])('is small: %s', (_, value) => {
    expect(fitsInBatch(answer(value))).toBe(true);
  });

  it.each([
    ['a text of 5,000 characters', 'x'.repeat(5_000)],
    ['two texts of 3,000 characters', ['x'.repeat(3_000), 'y'.repeat(3_000)]],
    ['a long name', { ['x'.repeat(5_000)]: 1 }],
    ['a hundred values', Array(100).fill(1)],
    ['a list of a million holes', Array(1_000_000)],
    ['a list of lists', Array.from({ length: 30 }, () => [1, 2, 3])],
    ['an object in itself', itself],
    ['bytes', new Uint8Array(10)],
    ['a Map', new Map()],
    ['a bigint', 2n ** 10_000n],
  ])('is neither large nor slow to measure: %s', (_, value) => {
    expect(fitsInBatch(answer(value))).toBe(false);
  });

  it('is small enough that a full batch fits into a frame', () => {
    const largest = answer(Array(59).fill('ü€'.repeat(32)));
    expect(fitsInBatch(largest)).toBe(true);
    expect(fitsInBatch(answer(Array(60).fill('ü€'.repeat(35))))).toBe(false);
    const [, body] = encodeFrame(
      Array(MAX_BATCH)
        .fill(0)
        .map(() => structuredClone(largest)),
    );
    expect(body.length).toBeLessThan(MAX_FRAME_BYTES / 100);
  });
});
