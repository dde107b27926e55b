// A write of the log fails: the service continues, and the log resumes as soon as writes succeed.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { promise } from '../support/promises.js';
import { UnreadProgram } from '../support/unread-program.js';

const folder = mkdtempSync(join(tmpdir(), 'failed-write-'));
afterAll(() => rmSync(folder, { recursive: true }));

function linesOf(text: string): string[] {
  return text.split('\n').slice(0, -1);
}

/** @param read returns the log so far */
async function interruption(read: () => string): Promise<Record<string, unknown>> {
  const line = await eventually('the line about the failure', () =>
    linesOf(read()).find((one) => one.includes('"log interrupted"')),
  );
  return JSON.parse(line) as Record<string, unknown>;
}

/** 12 MB of lines; 8 MiB may wait. */
const LINES = 1_500;
/** Largest size of the file. */
const BLOCKS = 1_000;
const FULL = [BLOCKS * 512, BLOCKS * 1024];

promise(22, () => {
  it('resumes the log after the disk was full for a moment, and loses no buffered line', async () => {
    const disk = join(folder, 'disk');
    mkdirSync(disk);
    // Mounted only for the program, in a separate namespace. The test accesses it through /proc.
    const mount = `mount -t tmpfs -o size=256k tmpfs ${disk} && head -c 200k /dev/zero > ${disk}/ballast && exec "$0" "$@" > ${disk}/log`;
    const asRoot = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
    await using program = await UnreadProgram.start({ command: ['unshare', ...asRoot, '--mount', 'sh', '-c', mount] });
    const log = `/proc/${program.pid}/root${disk}/log`;
    await program.logLongLines(20);
    expect(await program.isAlive()).toBe(true);
    await eventually('a full disk', () => readFileSync(log).length === 56 * 1024);

    rmSync(`/proc/${program.pid}/root${disk}/ballast`);
    expect(await interruption(() => readFileSync(log, 'utf8'))).toMatchObject({ lostLines: 0, code: 'ENOSPC' });
    const lines = linesOf(readFileSync(log, 'utf8')).map((line) => JSON.parse(line) as { readonly url?: string });
    for (let number = 0; number < 20; number++) {
      expect(lines.filter(({ url }) => url?.startsWith(`/line-${number}-`))).toHaveLength(1);
    }
    expect(await program.end()).toMatchObject({ code: 0 });
  });

  it('logs the number of lost lines after the file could not grow for longer', async () => {
    const log = join(folder, 'log');
    await using program = await UnreadProgram.start({
      command: ['sh', '-c', `ulimit -f ${BLOCKS}; exec "$0" "$@" >> ${log}`],
    });
    await program.logLongLines(LINES);
    expect(await program.isAlive()).toBe(true);
    let rotated = '';
    const { lostLines, code } = await interruption(() => {
      const now = readFileSync(log, 'utf8');
      // Full, in blocks of 512 or 1024 bytes: no write succeeds until the file is emptied.
      if (FULL.includes(now.length)) {
        rotated += now;
        truncateSync(log);
        return rotated;
      }
      return rotated + now;
    });
    expect(code).toBe('EFBIG');
    // The line of the liveness request is one of the lost ones.
    expect(linesOf(rotated + readFileSync(log, 'utf8')).filter((line) => line.includes('/line-'))).toHaveLength(
      LINES + 1 - Number(lostLines),
    );
    expect(lostLines).toBeGreaterThan(0);
    expect(await program.end()).toMatchObject({ code: 0 });
  });
});
