// The inspector of the tests: it counts live objects, and not collected ones.
import { describe, expect, it } from 'vitest';
import { grown, INSPECTED, inspect } from './support/inspector.js';
import { startProgram } from './support/program.js';

/** Large enough that background changes do not matter. */
const COUNT = 70;

describe('the inspector', () => {
  it('counts live objects, and not released ones', async () => {
    await using program = await startProgram({ nodeArgs: INSPECTED });
    await using inspector = await inspect(program);
    const before = await inspector.liveObjects();
    const heapBytes = await inspector.collectGarbage();

    await inspector.evaluate(`
      globalThis.kept = Array.from({ length: ${COUNT} }, () => [
        new AbortController().signal, new AbortController(), setTimeout(() => {}, 1e6), new (process.getBuiltinModule('node:net').Socket)(),
      ]);
      globalThis.text = Array.from({ length: 1e6 }, (_, index) => index + 0.5);
      undefined;
    `);
    const during = await inspector.liveObjects();
    expect(Object.keys(grown(before, during)).toSorted()).toEqual([
      'AbortController',
      'AbortSignal',
      'Socket',
      'Timeout',
    ]);
    for (const more of Object.values(grown(before, during))) expect(Math.abs(more - COUNT)).toBeLessThan(COUNT / 10);
    expect(await inspector.collectGarbage()).toBeGreaterThan(heapBytes + 4_000_000);
    expect((await inspector.activeResources())['Timeout']).toBeGreaterThanOrEqual(COUNT);

    await inspector.evaluate(
      'for (const [, , timer] of kept) clearTimeout(timer); delete globalThis.kept; delete globalThis.text;',
    );
    expect(grown(before, await inspector.liveObjects())).toEqual({});
    expect(await inspector.collectGarbage()).toBeLessThan(heapBytes + 1_000_000);
    expect((await inspector.activeResources())['Timeout'] ?? 0).toBeLessThan(COUNT / 10);
  });
});
