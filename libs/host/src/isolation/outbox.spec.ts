// The batches and the order of outgoing messages.
import { describe, expect, it } from 'vitest';
import { MAX_BATCH } from './batch.js';
import { Outbox } from './outbox.js';

interface Message {
  readonly id: number;
  readonly body?: unknown;
}

/** @param cannotSend for a channel that clones */
function opened(cannotSend: (message: Message) => boolean = () => false) {
  const posted: unknown[] = [];
  const unsendable: unknown[] = [];
  const turns: (() => void)[] = [];
  const outbox = new Outbox<Message>({
    post: (sent) => {
      if (Array.isArray(sent) ? sent.some(cannotSend) : cannotSend(sent as Message))
        throw new Error('cannot be cloned');
      posted.push(sent);
    },
    atEndOfTurn: (flush) => void turns.push(flush),
    onUnsendable: (message, error) => unsendable.push([message.id, (error as Error).message]),
  });
  const endTurn = (): void => turns.splice(0).forEach((flush) => flush());
  return { outbox, posted, unsendable, turns, endTurn };
}

const message = (id: number): Message => ({ id });
const large = (id: number): Message => ({ id, body: 'x'.repeat(100_000) });

describe('an outbox', () => {
  it('sends several messages of a turn as a batch, in order, and a single one unwrapped', () => {
    const { outbox, posted, turns, endTurn } = opened();
    for (const id of [1, 2, 3]) outbox.add(message(id));
    expect(posted).toEqual([]);
    expect(turns).toHaveLength(1);
    endTurn();
    outbox.add(message(4));
    endTurn();
    endTurn();
    expect(posted).toEqual([[message(1), message(2), message(3)], message(4)]);
  });

  it(`sends at most ${MAX_BATCH} at once, without waiting for the end of the turn`, () => {
    const { outbox, posted, endTurn } = opened();
    for (let id = 0; id < 2 * MAX_BATCH + 1; id++) outbox.add(message(id));
    expect(posted).toHaveLength(2);
    endTurn();
    expect(posted.map((sent) => (Array.isArray(sent) ? sent.length : 1))).toEqual([MAX_BATCH, MAX_BATCH, 1]);
    expect(posted.flat()).toEqual(Array.from({ length: 2 * MAX_BATCH + 1 }, (_, id) => message(id)));
  });

  it('sends a large message separately and keeps the order', () => {
    const { outbox, posted, endTurn } = opened();
    outbox.add(message(1));
    outbox.add(message(2));
    outbox.add(large(3));
    outbox.add(message(4));
    outbox.add(message(5));
    endTurn();
    expect(posted).toEqual([[message(1), message(2)], large(3), [message(4), message(5)]]);
  });

  it('sends an urgent message at once, with the waiting ones', () => {
    const { outbox, posted, endTurn } = opened();
    outbox.send(message(1));
    outbox.add(message(2));
    outbox.send(message(3));
    outbox.add(message(4));
    outbox.send(large(5));
    endTurn();
    expect(posted).toEqual([message(1), [message(2), message(3)], message(4), large(5)]);
  });

  it('never exceeds a batch because of an urgent message', () => {
    const { outbox, posted } = opened();
    for (let id = 1; id < MAX_BATCH; id++) outbox.add(message(id));
    outbox.send(message(MAX_BATCH));
    expect(posted).toEqual([Array.from({ length: MAX_BATCH }, (_, index) => message(index + 1))]);
  });

  it('fails only the message that cannot be sent, and sends the others once, in order', () => {
    const { outbox, posted, unsendable, endTurn } = opened(({ id }) => id === 2 || id === 5);
    for (const id of [1, 2, 3]) outbox.add(message(id));
    endTurn();
    outbox.add(message(4));
    outbox.add(large(5));
    outbox.send(message(6));
    expect(posted).toEqual([message(1), message(3), message(4), message(6)]);
    expect(unsendable).toEqual([
      [2, 'cannot be cloned'],
      [5, 'cannot be cloned'],
    ]);
  });

  it('sends messages that are added in onUnsendable', () => {
    const posted: unknown[] = [];
    const turns: (() => void)[] = [];
    const outbox = new Outbox<Message>({
      post: (sent) => {
        if (JSON.stringify(sent).includes('"wrong"')) throw new Error('cannot be cloned');
        posted.push(sent);
      },
      atEndOfTurn: (flush) => void turns.push(flush),
      onUnsendable: ({ id }) => outbox.send({ id, body: 'failure' }),
    });
    outbox.add({ id: 1, body: 'wrong' });
    outbox.add({ id: 2 });
    for (const flush of turns) flush();
    expect(posted).toEqual([{ id: 1, body: 'failure' }, { id: 2 }]);
  });

  it('does not send dropped messages', () => {
    const { outbox, posted, endTurn } = opened();
    outbox.add(message(1));
    outbox.drop();
    endTurn();
    outbox.flush();
    expect(posted).toEqual([]);
  });
});
