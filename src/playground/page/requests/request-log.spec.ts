// The last requests and the counts.
import { expect, it } from 'vitest';
import type { RequestStep, RequestStepName } from '../../../fibonacci/request-step.js';
import { RequestLog } from './request-log.js';

const step = (name: RequestStepName, id: string, durationMs = 1, isJoined = name === 'joined'): RequestStep => ({
  step: name,
  id,
  n: 42,
  atMs: 1_000,
  durationMs,
  isJoined,
});

it('logs each request at its end, the newest first, with its outcome', () => {
  const log = new RequestLog((id) => id === 'b');
  log.apply({ nowMs: 0, steps: [step('started', 'a'), step('joined', 'b')] });
  expect(log.entries).toEqual([]);

  log.apply({ nowMs: 0, steps: [step('answered', 'a', 870), step('answered', 'b', 300, true), step('hit', 'c')] });
  expect(log.entries.map(({ id, outcome, isOwn }) => [id, outcome, isOwn])).toEqual([
    ['c', 'hit', false],
    ['b', 'joined', true],
    ['a', 'computed', false],
  ]);
});

it('logs each request with a repeated id', () => {
  const log = new RequestLog(() => false);
  log.apply({ nowMs: 0, steps: [step('hit', 'a'), step('hit', 'a')] });

  expect(new Set(log.entries.map(({ key }) => key)).size).toBe(2);
});

it('keeps twenty requests', () => {
  const log = new RequestLog(() => false);
  for (let id = 0; id < 50; id += 1) log.apply({ nowMs: 0, steps: [step('hit', String(id))] });

  expect(log.entries.map(({ id }) => id)).toEqual(Array.from({ length: 20 }, (_, index) => String(49 - index)));
});

it('counts the steps, also those that were left out', () => {
  const log = new RequestLog(() => false);
  log.apply({ nowMs: 0, steps: [step('hit', 'a'), step('started', 'b'), step('refused', 'b')], omitted: { hit: 998 } });

  expect(log.counts).toMatchObject({ hit: 999, started: 1, refused: 1, joined: 0 });
});
