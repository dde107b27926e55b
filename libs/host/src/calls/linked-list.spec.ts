// The linked list: order, and no references from removed entries.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Linked, LinkedList } from './linked-list.js';

interface Entry extends Linked<Entry> {
  readonly id: number;
}

function entriesOf(list: LinkedList<Entry>): number[] {
  const ids: number[] = [];
  for (let entry = list.first; entry !== undefined; entry = entry.next) ids.push(entry.id);
  return ids;
}

describe('LinkedList', () => {
  it('is a set in the order of additions, whatever is removed', () => {
    const steps = fc.array(fc.record({ id: fc.nat({ max: 7 }), isAdded: fc.boolean() }));
    fc.assert(
      fc.property(steps, (all) => {
        const entries = Array.from({ length: 8 }, (_, id): Entry => ({ id, previous: undefined, next: undefined }));
        const list = new LinkedList<Entry>();
        const model = new Set<number>();
        for (const { id, isAdded } of all) {
          const entry = entries[id] as Entry;
          if (isAdded && !model.has(id)) {
            list.add(entry);
            model.add(id);
          } else if (!isAdded) {
            list.delete(entry);
            model.delete(id);
          }
          expect(entriesOf(list)).toEqual([...model]);
        }
        const removed = entries.filter(({ id }) => !model.has(id));
        expect(removed.flatMap(({ previous, next }) => [previous, next]).filter(Boolean)).toEqual([]);
      }),
    );
  });
});
