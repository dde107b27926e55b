// LogOutput: batches and flush.
import { openSync } from 'node:fs';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { LogOutput } from './log-output.js';

describe('LogOutput', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('keeps a line for its batch, until a flush', async () => {
    // The timer of the batch never fires.
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    const path = join(await mkdtemp(join(tmpdir(), 'pluggable-')), 'log');
    const output = new LogOutput({ fd: openSync(path, 'w'), onResumed: () => {} });
    output.write('listening\n');
    const before = await readFile(path, 'utf8');
    output.flush();
    await vi.waitFor(async () => expect(await readFile(path, 'utf8')).toBe('listening\n'));

    expect(before).toBe('');
  });
});
