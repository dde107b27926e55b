// The order and the turns in which the messages of a batch are handled.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Inbox } from './inbox.js';

function block(ms: number): void {
  const endMs = performance.now() + ms;
  while (performance.now() < endMs);
}

it('handles a short batch in one turn', () => {
  const handled: number[] = [];
  const inbox = new Inbox<number>((message) => handled.push(message));
  inbox.push([1, 2, 3]);
  inbox.push(4);
  expect(handled).toEqual([1, 2, 3, 4]);
});

it('sends the answer of a slow message before it handles the next one, and keeps the order', async () => {
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

it('handles a message after a pause at once', async () => {
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

it('continues in the next turn after a handler throws', async () => {
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
