// The reader of the log stops, for each kind of output: memory and the second signal.
import { describe, expect, it } from 'vitest';
import { figure, promise } from '../support/promises.js';
import { UNREAD_OUTPUTS } from '../support/unread-output.js';
import { UnreadProgram } from '../support/unread-program.js';

/** 80 MB of lines; 8 MiB may wait. */
const LINES = 10_000;

promise(18, () => {
  describe.each(Object.entries(UNREAD_OUTPUTS))('while %s is not read', (output, unreadOutput) => {
    it('holds a bounded part of the log', async ({ task }) => {
      using unread = unreadOutput();
      await using program = await UnreadProgram.start(unread.options);
      await program.logLongLines(1_500);
      const before = program.memory();
      await program.logLongLines(LINES);
      const grown = program.memory() - before;
      const { code, ms } = await program.end();
      figure(task, `${output}: ${grown.toFixed(0)} MiB more after 80 MB of lines, ended after ${ms.toFixed(0)} ms`);
      expect(grown).toBeLessThan(60);
      expect(code).toBe(0);
      expect(ms).toBeLessThan(7_000);
    });

    it('ends at a second signal', async () => {
      using unread = unreadOutput();
      await using program = await UnreadProgram.start(unread.options);
      await program.logLongLines(1_500);
      const { ms } = await program.end({ twice: true });
      expect(ms).toBeLessThan(5_000);
    });
  });
});
