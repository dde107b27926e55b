// Where log lines go: standard output, in batches. The process never waits for the reader, and holds a bounded number of lines for it.
import { constants, fstatSync, openSync, write, writeSync } from 'node:fs';

/** Lines wait for this long, in milliseconds, or until there are so many characters of them, so that many share one write. */
const BATCH_MS = 50;
const BATCH_LENGTH = 64 * 1024;
/** Lines that come while more bytes wait are dropped, and counted. */
const MOST_BYTES = 8 * 1024 * 1024;
/** The pause after a write that was refused, in milliseconds; it doubles up to the longest. */
const FIRST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 100;
/** How long the end of the process waits for the reader, in milliseconds. */
const LAST_FLUSH_MS = 500;
/** These failures of a write are for good: the other side has closed. All others may pass, also that of a full disk. */
const CLOSED: ReadonlySet<string> = new Set(['EPIPE', 'EBADF', 'ECONNRESET', 'ENOTCONN']);
/** The reader is slow. */
const AGAIN = 'EAGAIN';

export interface Interruption {
  /** How many lines were dropped. */
  readonly lostLines: number;
  /** How the last write failed; EAGAIN when the reader stood still. */
  readonly code: string;
}

export interface LogOutputOptions {
  /** Told when lines are written again, after some were lost or a write failed. May write a line. */
  readonly onResumed: (interruption: Interruption) => void;
  /** @default 1 */
  readonly fd?: number;
  /** Each line is written at once. @default false: in batches */
  readonly isUnbuffered?: boolean;
}

/**
 * Own code and not sonic-boom, which waits 100 ms after each EAGAIN: more than a fast reader of a pipe leaves time for. Its flush at
 * the end waits without a bound, and it does not report a failed write in a way by which lost lines could be counted.
 */
export class LogOutput {
  private readonly fd: number;
  /** Only a file is written to by the thread pool: a disk may be slow, but answers. */
  private readonly isFile: boolean;
  private batch = '';
  private batchTimer: NodeJS.Timeout | undefined;
  private waiting: Buffer[] = [];
  private waitingBytes = 0;
  /** The thread pool has the first of what waits. */
  private isWriting = false;
  private pause: NodeJS.Timeout | undefined;
  private isClosed = false;
  private pauseMs = FIRST_PAUSE_MS;
  private lostLines = 0;
  private failure: string | undefined;

  constructor(private readonly options: LogOutputOptions) {
    ({ fd: this.fd, isFile: this.isFile } = nonBlocking(options.fd ?? 1));
  }

  /** @param line with its line break */
  write(line: string): void {
    if (this.isClosed) return;
    const most = this.lostLines === 0 ? MOST_BYTES : MOST_BYTES / 2;
    if (this.waitingBytes + this.batch.length > most) {
      this.lostLines++;
      return;
    }
    if (this.lostLines > 0) this.tellInterruption();
    this.batch += line;
    if (this.options.isUnbuffered || this.batch.length >= BATCH_LENGTH) this.flush();
    else this.batchTimer ??= setTimeout(() => this.flush(), BATCH_MS).unref();
  }

  /** Writes the batch now, as far as the reader takes it. */
  flush(): void {
    this.endBatch();
    this.pump();
  }

  /** Writes what there is, for at most half a second. For the end of the process: it blocks. */
  flushAtExit(): void {
    if (this.lostLines > 0) this.tellInterruption();
    this.endBatch();
    // The process does not end before the thread pool.
    if (this.isWriting) this.waiting.shift();
    const giveUpMs = performance.now() + LAST_FLUSH_MS;
    const sleeper = new Int32Array(new SharedArrayBuffer(4));
    for (let [bytes] = this.waiting; bytes !== undefined; [bytes] = this.waiting) {
      if (this.attempt(bytes)) continue;
      if (performance.now() > giveUpMs) return;
      Atomics.wait(sleeper, 0, 0, FIRST_PAUSE_MS);
    }
  }

  private endBatch(): void {
    clearTimeout(this.batchTimer);
    this.batchTimer = undefined;
    if (this.batch === '') return;
    const bytes = Buffer.from(this.batch);
    this.batch = '';
    this.waiting.push(bytes);
    this.waitingBytes += bytes.length;
  }

  private pump(): void {
    if (this.isWriting || this.pause !== undefined) return;
    for (let [bytes] = this.waiting; bytes !== undefined; [bytes] = this.waiting) {
      if (this.isFile) return this.begin(bytes);
      if (!this.attempt(bytes)) return this.tryLater();
    }
    if (this.lostLines > 0 || this.failure !== undefined) this.tellInterruption();
  }

  private begin(bytes: Buffer): void {
    this.isWriting = true;
    write(this.fd, bytes, (error, count) => {
      this.isWriting = false;
      if (error === null ? this.written(bytes, count) : this.failed(error)) this.pump();
      else this.tryLater();
    });
  }

  /** @returns whether something was written */
  private attempt(bytes: Buffer): boolean {
    try {
      return this.written(bytes, writeSync(this.fd, bytes));
    } catch (error) {
      return this.failed(error);
    }
  }

  private written(bytes: Buffer, count: number): boolean {
    this.pauseMs = FIRST_PAUSE_MS;
    this.waitingBytes -= count;
    if (count === bytes.length) this.waiting.shift();
    else this.waiting[0] = bytes.subarray(count);
    return count > 0;
  }

  private failed(error: unknown): false {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    if (CLOSED.has(code)) {
      this.isClosed = true;
      this.waiting = [];
    } else if (code !== AGAIN) {
      this.failure = code;
    }
    return false;
  }

  private tryLater(): void {
    if (this.isClosed) return;
    this.pause = setTimeout(() => {
      this.pause = undefined;
      this.pump();
    }, this.pauseMs).unref();
    this.pauseMs = Math.min(2 * this.pauseMs, LONGEST_PAUSE_MS);
  }

  private tellInterruption(): void {
    const { lostLines, failure: code = AGAIN } = this;
    this.lostLines = 0;
    this.failure = undefined;
    this.options.onResumed({ lostLines, code });
  }
}

/**
 * A pipe, a terminal or a device is opened once more, so that it does not block here and stays as it is for other processes. What
 * cannot be opened again (a socket, a pipe of another user) Node makes non-blocking when it opens its own standard output. A
 * terminal that cannot be opened again, and a console of Windows, stay blocking.
 */
function nonBlocking(fd: number): { readonly fd: number; readonly isFile: boolean } {
  if (fstatSync(fd).isFile()) return { fd, isFile: true };
  try {
    const flags = constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY;
    return { fd: openSync(`/proc/self/fd/${fd}`, flags), isFile: false };
  } catch {
    void (fd === 1 && process.stdout);
    return { fd, isFile: false };
  }
}
