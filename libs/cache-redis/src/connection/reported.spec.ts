// The limits of the problems that are logged.
import { expect, it } from 'vitest';
import { Reported } from './reported.js';

it('adds each problem once, until it is cleared', () => {
  const reported = new Reported();
  const added = [reported.add('a'), reported.add('a'), reported.add('b')];
  reported.clear();

  expect([...added, reported.add('a')]).toEqual([true, false, true, true]);
});

it('adds no more than ten problems, so that errors that always differ end', () => {
  const reported = new Reported();
  const added = Array.from({ length: 1_000 }, (_, index) => reported.add(`problem ${index}`));

  expect(added.filter((isNew) => isNew).length).toBe(10);
});
