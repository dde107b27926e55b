// The order and the turns in which messages are handled that came together.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Inbox } from './inbox.js';

function block(ms: number): void {
  const endMs = performance.now() + ms;
  while (performance.now() < endMs);
}

it('handles what came together in one turn when that is short', () => {
  const handled: number[] = [];
  const inbox = new Inbox<number>((message) => handled.push(message));
  inbox.push([1, 2, 3]);
  inbox.push(4);
  expect(handled).toEqual([1, 2, 3, 4]);
});

it('lets the answer of a message that takes long go before the next one, and keeps the order', async () => {
  const events: string[] = [];
  const inbox = new Inbox<number>((message) => {
    events.push(`call ${message}`);
    block(2);
    void Promise.resolve().then(() => events.push(`answer ${message}`));
  });
  inbox.push([1, 2]);
  inbox.push(3);
  while (events.length < 6) await nextTurn();
  expect(events).toEqual(['call 1', 'answer 1', 'call 2', 'answer 2', 'call 3', 'answer 3']);
});

it('handles what comes after a pause at once', async () => {
  const handled: number[] = [];
  const inbox = new Inbox<number>((message) => {
    handled.push(message);
    block(2);
  });
  inbox.push([1, 2]);
  while (handled.length < 2) await nextTurn();
  inbox.push(3);
  expect(handled).toEqual([1, 2, 3]);
});

it('goes on in the next turn after a message whose handling throws', async () => {
  const handled: number[] = [];
  const inbox = new Inbox<number>((message) => {
    handled.push(message);
    if (message === 1) throw new Error('of the first');
  });
  expect(() => inbox.push([1, 2])).toThrow('of the first');
  inbox.push(3);
  while (handled.length < 3) await nextTurn();
  expect(handled).toEqual([1, 2, 3]);
});
