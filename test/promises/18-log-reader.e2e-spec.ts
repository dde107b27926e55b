// The reader of the log stops: the service continues, buffers a bounded number of lines, and ends in time.
import { expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { promise } from '../support/promises.js';
import { Pipe, UNREAD_OUTPUTS } from '../support/unread-output.js';
import { UnreadProgram } from '../support/unread-program.js';

/** 12 MB of lines; 8 MiB may wait. */
const LINES = 1_500;

promise(18, () => {
  it.each(['a pipe', 'a stopped terminal'])(
    'answers, and ends within its grace time, while %s is not read',
    async (output) => {
      using unread = UNREAD_OUTPUTS[output]?.();
      await using program = await UnreadProgram.start({ ...unread?.options });
      await program.logLongLines(LINES);
      expect(await program.isAlive()).toBe(true);
      const { code, ms } = await program.end();
      expect(code).toBe(0);
      expect(ms).toBeLessThan(7_000);
    },
  );

  it('logs the number of lost lines in their place when the reader continues', async () => {
    using pipe = new Pipe();
    await using program = await UnreadProgram.start({ stdout: pipe.writer });
    await program.logLongLines(LINES);
    const lines: string[] = [];
    const lost = await eventually('the line with the number of lost lines', () => {
      lines.push(...pipe.read());
      return lines.find((line) => line.includes('"log interrupted"'));
    });
    const kept = lines.slice(0, lines.indexOf(lost)).filter((line) => line.includes('/line-')).length;
    const { lostLines, code } = JSON.parse(lost) as Record<string, unknown>;
    expect(code).toBe('EAGAIN');
    expect(kept + Number(lostLines)).toBe(LINES);

    await program.logLongLines(1, LINES);
    await eventually('the line that follows', () => {
      lines.push(...pipe.read());
      return lines.some((line) => line.includes(`/line-${LINES}-`));
    });
    for (const line of lines) expect(() => JSON.parse(line) as unknown).not.toThrow();
  });
});
