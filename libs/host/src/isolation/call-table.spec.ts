// The table of calls in flight, compared with a Map.
import { describe, expect, it } from 'vitest';
import { CallTable } from './call-table.js';

describe('the table of calls', () => {
  it('assigns each call a unique id, starting at 1', () => {
    const table = new CallTable<string>();
    expect([table.add('a'), table.add('b')]).toEqual([1, 2]);
    expect(table.take(1)).toBe('a');
    expect(table.add('c')).toBe(3);
    expect(table.size).toBe(2);
  });

  it('holds the same calls as a Map, even if some calls take long', () => {
    const table = new CallTable<number>();
    const map = new Map<number, number>();
    // A linear congruential generator: the same steps in each run.
    let seed = 1;
    const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
    const wrong: number[] = [];
    for (let step = 0; step < 20_000; step++) {
      // Grows to some hundreds, and shrinks again.
      if (random(100) < (step % 4_000 < 2_000 ? 55 : 45)) {
        const id = table.add(step);
        if (map.has(id)) wrong.push(step);
        map.set(id, step);
      } else {
        const ids = [...map.keys()];
        const id = ids[random(ids.length + 1)] ?? 0;
        if (table.take(id) !== map.get(id)) wrong.push(step);
        map.delete(id);
      }
      if (table.size !== map.size) wrong.push(step);
    }
    expect(wrong).toEqual([]);
    expect(map.size).toBeGreaterThan(64);
    for (const [id, call] of map) expect(table.get(id)).toBe(call);
    expect(table.takeAll().toSorted((a, b) => a - b)).toEqual([...map.values()].toSorted((a, b) => a - b));
    expect(table.size).toBe(0);
  });

  it('does not grow because of a long call: it skips the ids of its slot', () => {
    const table = new CallTable<string>();
    const ids = [table.add('long')];
    for (let call = 0; call < 127; call++) {
      const id = table.add('short');
      table.take(id);
      ids.push(id);
    }
    expect(ids).not.toContain(65);
    expect(ids).not.toContain(129);
    expect(ids).toContain(128);
    expect(table.get(1)).toBe('long');
  });

  it('accepts ids with any gaps', () => {
    const table = new CallTable<string>();
    const ids = [1, 65, 129, 1 + 2 ** 20, 2 ** 40 + 2];
    for (const id of ids) table.set(id, `call ${id}`);
    expect(ids.map((id) => table.get(id))).toEqual(ids.map((id) => `call ${id}`));
    table.set(65, 'again');
    expect([table.get(65), table.size]).toEqual(['again', ids.length]);
  });

  it.each([0, -1, 2, 65, 0.5, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER])(
    'has no call with the unassigned id %d',
    (id) => {
      const table = new CallTable<string>();
      table.add('a');
      expect([table.has(id), table.get(id), table.take(id), table.size]).toEqual([false, undefined, undefined, 1]);
    },
  );

  it('holds a call that is null', () => {
    const table = new CallTable<null>();
    const id = table.add(null);
    expect([table.has(id), table.take(id), table.has(id)]).toEqual([true, null, false]);
  });
});
