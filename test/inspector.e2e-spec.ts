// Whether the inspector of the tests sees what lives in a program, and what is gone.
import { describe, expect, it } from 'vitest';
import { INSPECTED, inspect } from './support/inspector.js';
import { startProgram } from './support/program.js';

describe('the inspector', () => {
  it('counts what lives, and no longer what was let go', async () => {
    await using program = await startProgram({ nodeArgs: INSPECTED });
    await using inspector = await inspect(program);
    const before = await inspector.liveObjects();
    const heapBytes = await inspector.collectGarbage();

    await inspector.evaluate(`
      globalThis.kept = Array.from({ length: 7 }, () => [
        new AbortController().signal, new AbortController(), setTimeout(() => {}, 1e6), new (process.getBuiltinModule('node:net').Socket)(),
      ]);
      globalThis.text = Array.from({ length: 1e6 }, (_, index) => index + 0.5);
      undefined;
    `);
    const during = await inspector.liveObjects();
    expect(during).toEqual({
      ...before,
      AbortController: before.AbortController + 7,
      AbortSignal: before.AbortSignal + 7,
      Timeout: before.Timeout + 7,
      Socket: before.Socket + 7,
    });
    expect(await inspector.collectGarbage()).toBeGreaterThan(heapBytes + 4_000_000);
    expect((await inspector.activeResources())['Timeout']).toBe(7);

    await inspector.evaluate(
      'for (const [, , timer] of kept) clearTimeout(timer); delete globalThis.kept; delete globalThis.text;',
    );
    expect(await inspector.liveObjects()).toEqual(before);
    expect(await inspector.collectGarbage()).toBeLessThan(heapBytes + 1_000_000);
    expect(await inspector.activeResources()).not.toHaveProperty('Timeout');
  });
});
